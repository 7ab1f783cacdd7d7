namespace Slipway.Gateway.Balancing;

/// <summary>A hash that is the same in every process, as .NET's own is not: gateways agree on who gets what.</summary>
static class Hashes
{
    /// <summary>FNV-1a, its last bits spread (https://datatracker.ietf.org/doc/html/draft-eastlake-fnv).</summary>
    public static ulong Of(ReadOnlySpan<byte> bytes)
    {
        var hash = 14695981039346656037UL;
        foreach (var b in bytes) hash = (hash ^ b) * 1099511628211UL;
        return Mix(hash);
    }

    /// <summary>Every bit of the input turns each of the output's with even odds (SplitMix64's finaliser).</summary>
    public static ulong Mix(ulong x)
    {
        x += 0x9E3779B97F4A7C15UL;
        x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9UL;
        x = (x ^ (x >> 27)) * 0x94D049BB133111EBUL;
        return x ^ (x >> 31);
    }
}
