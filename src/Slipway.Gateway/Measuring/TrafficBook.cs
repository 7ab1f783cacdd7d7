using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>The counters of every release that this process has served, kept for its whole life because counters may only rise.</summary>
sealed class TrafficBook
{
    readonly Lock _gate = new();
    readonly SortedDictionary<(AppName App, string Service, int Release, bool IsMatched), ReleaseCounters> _counters = [];
    readonly ConcurrentDictionary<(AppName App, string Service, string Reason), StrongBox<long>> _turnedAway = [];
    long _unrouted;

    public long Unrouted => Interlocked.Read(ref _unrouted);

    public void CountUnrouted() => Interlocked.Increment(ref _unrouted);

    public void CountTurnedAway(Route route, string reason)
    {
        if (!route.IsPreview) Interlocked.Increment(ref _turnedAway.GetOrAdd((route.App, route.Service, reason), static _ => new StrongBox<long>()).Value);
    }

    public IReadOnlyList<TurnedAwayTraffic> ReadTurnedAway() =>
    [
        .. _turnedAway.OrderBy(t => t.Key).Select(t => new TurnedAwayTraffic { App = t.Key.App, Service = t.Key.Service, Reason = t.Key.Reason, Requests = Interlocked.Read(ref t.Value.Value) }),
    ];

    /// <param name="isMatched">Of the requests that go to the release because a match names them.</param>
    public ReleaseCounters Obtain(AppName app, string service, int release, bool isMatched = false)
    {
        lock (_gate)
        {
            if (!_counters.TryGetValue((app, service, release, isMatched), out var counters)) _counters[(app, service, release, isMatched)] = counters = new ReleaseCounters(release);
            return counters;
        }
    }

    /// <summary>With <see cref="ReleaseCounters.Mirrored"/>.</summary>
    public ReleaseCounters ObtainMirrored(AppName app, string service, int release)
    {
        var counters = Obtain(app, service, release);
        lock (_gate) counters.Mirrored ??= new MirrorCounters();
        return counters;
    }

    public IReadOnlyList<ReleaseTraffic> Read()
    {
        lock (_gate) return [.. _counters.Select(c => c.Value.Read(c.Key.App, c.Key.Service, c.Key.Release) with { IsMatched = c.Key.IsMatched })];
    }
}
