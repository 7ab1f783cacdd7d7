using System.Globalization;
using System.Net.Http.Headers;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>
/// How much a registry still lets us ask, as it said last: <c>RateLimit-Limit: 100;w=21600</c>, <c>RateLimit-Remaining: 7;w=21600</c>
/// (Docker Hub; draft-ietf-httpapi-ratelimit-headers). Thread-safe.
/// </summary>
sealed class RateLimit(TimeProvider time)
{
    /// <summary>Below this part of the limit what we have is served rather than asked for anew.</summary>
    const double Reserve = 0.1;

    /// <summary>How long we believe what was said, where the registry names no window.</summary>
    static readonly TimeSpan UsualWindow = TimeSpan.FromHours(1);

    volatile State? _state;

    /// <summary>What is left of the limit, or null where nothing was said, or too long ago.</summary>
    public long? Remaining => _state is { } state && time.GetUtcNow() < state.Until ? state.Remaining : null;

    /// <summary>So little is left that only what we do not have at all is worth asking for.</summary>
    public bool IsNear => _state is { } state && time.GetUtcNow() < state.Until && state.Remaining <= Math.Max(1, state.Limit * Reserve);

    public void Read(HttpResponseHeaders headers)
    {
        if (!TryRead(headers, "RateLimit-Remaining", out var remaining, out var window)) return;
        if (!TryRead(headers, "RateLimit-Limit", out var limit, out _)) limit = remaining;
        _state = new State(limit, remaining, time.GetUtcNow() + window);
    }

    static bool TryRead(HttpResponseHeaders headers, string name, out long value, out TimeSpan window)
    {
        (value, window) = (0, UsualWindow);
        if (!headers.TryGetValues(name, out var lines)) return false;
        var parts = lines.First().Split(';', StringSplitOptions.TrimEntries);
        if (!long.TryParse(parts[0], NumberStyles.None, CultureInfo.InvariantCulture, out value)) return false;
        foreach (var part in parts.AsSpan(1))
            if (part.StartsWith("w=", StringComparison.Ordinal) && int.TryParse(part.AsSpan(2), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds))
                window = TimeSpan.FromSeconds(seconds);
        return true;
    }

    sealed record State(long Limit, long Remaining, DateTimeOffset Until);
}
