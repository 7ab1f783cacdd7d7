using System.Globalization;

namespace Slipway.Registry.Endpoints;

/// <summary>The Content-Range of a chunk: FIRST-LAST, inclusive ("Pushing a blob in chunks": ^[0-9]+-[0-9]+$, which is not RFC 9110's form).</summary>
readonly record struct ChunkRange(long First, long Last)
{
    public long Length => Last - First + 1;

    public static bool TryParse(string text, out ChunkRange range)
    {
        range = default;
        var dash = text.IndexOf('-', StringComparison.Ordinal);
        if (dash < 0) return false;
        if (!long.TryParse(text.AsSpan(0, dash), NumberStyles.None, CultureInfo.InvariantCulture, out var first)) return false;
        if (!long.TryParse(text.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var last)) return false;
        if (last < first || last == long.MaxValue) return false;
        range = new ChunkRange(first, last);
        return true;
    }
}
