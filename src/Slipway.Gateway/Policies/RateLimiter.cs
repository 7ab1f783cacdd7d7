using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Slipway.Gateway.Policies;

/// <summary>
/// A bucket of tokens for each client, kept as one number: the moment at which the client's bucket is full again (GCRA, ITU-T I.371, the same as a token
/// bucket). The memory is bounded: each client has one of four places in a set that its key's hash names. Where all are taken, the one whose bucket is
/// fullest is forgotten, which it gains least by.
/// </summary>
sealed class RateLimiter
{
    const int Ways = 4;

    readonly Place[] _places;
    readonly Lock[] _gates = [.. Enumerable.Range(0, 64).Select(_ => new Lock())];
    readonly Func<long> _clock;
    readonly long _frequency;
    readonly long _interval, _tolerance;

    /// <param name="requests">So many tokens come back in each <paramref name="per"/>.</param>
    /// <param name="burst">What a bucket holds.</param>
    /// <param name="places">How many clients are remembered; a power of two. 16 bytes each.</param>
    /// <param name="clock">In units of <paramref name="frequency"/> a second; null: <see cref="Stopwatch"/>.</param>
    public RateLimiter(int requests, TimeSpan per, int burst, int places = 1 << 14, Func<long>? clock = null, long? frequency = null)
    {
        _clock = clock ?? Stopwatch.GetTimestamp;
        _frequency = frequency ?? Stopwatch.Frequency;
        _interval = Math.Max(1, (long)((Int128)per.Ticks * _frequency / TimeSpan.TicksPerSecond / requests));
        _tolerance = _interval * (burst - 1);
        _places = new Place[places];
    }

    /// <summary>Takes a token.</summary>
    /// <param name="key">A hash of who asks, unpredictable to them.</param>
    /// <returns>0, or where there is none the whole seconds until there is one.</returns>
    public int Take(ulong key)
    {
        if (key == 0) key = 1;
        var now = _clock();
        var sets = _places.Length / Ways;
        var set = (int)(key % (ulong)sets);
        lock (_gates[set % _gates.Length])
        {
            ref var place = ref Find(key, set * Ways, now);
            var full = Math.Max(place.Full, now);
            if (full - now > _tolerance) return (int)Math.Max(1, (full - now - _tolerance + _frequency - 1) / _frequency);
            place.Full = full + _interval;
            return 0;
        }
    }

    ref Place Find(ulong key, int first, long now)
    {
        var best = first;
        for (var i = first; i < first + Ways; i++)
        {
            if (_places[i].Key == key) return ref _places[i];
            if (_places[i].Full < _places[best].Full) best = i;
        }
        _places[best] = new Place { Key = key, Full = now };
        return ref _places[best];
    }

    [StructLayout(LayoutKind.Auto)]
    struct Place
    {
        public ulong Key;
        public long Full;
    }
}
