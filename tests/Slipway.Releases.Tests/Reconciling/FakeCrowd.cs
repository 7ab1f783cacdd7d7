using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>People who ask the split routes of the table that is served by, so many times a second, as long as the world's time goes on.</summary>
sealed class FakeCrowd(FakeTime time)
{
    readonly Dictionary<(AppName App, string Service, int Release), (double Requests, double Errors, double[] Latency)> _counts = [];
    DateTimeOffset _asked = time.Now;

    public double PerSecond { get; set; } = 100;

    /// <summary>For each release the part of its answers that are 5xx; 0 where it isn't named.</summary>
    public Dictionary<int, double> Errors { get; } = [];

    /// <summary>For each release how long its answers take, in milliseconds; 20 where it isn't named.</summary>
    public Dictionary<int, double> Milliseconds { get; } = [];

    public IReadOnlyList<ReleaseTraffic> Counted => [.. _counts.Select(c => new ReleaseTraffic
    {
        App = c.Key.App,
        Service = c.Key.Service,
        Release = c.Key.Release,
        Requests = (long)c.Value.Requests,
        ByClass = [0, 0, (long)c.Value.Requests - (long)c.Value.Errors, 0, 0, (long)c.Value.Errors],
        Failed = 0,
        Latency = [.. c.Value.Latency.Select(l => (long)l)],
    })];

    /// <summary>All that was asked since the last time was asked of this table.</summary>
    public void Ask(RouteTable table)
    {
        var seconds = (time.Now - _asked).TotalSeconds;
        _asked = time.Now;
        foreach (var route in table.Routes.Where(r => r.Split is not null))
            foreach (var destination in route.Destinations)
            {
                var key = (route.App, route.Service, destination.Release);
                var before = _counts.GetValueOrDefault(key, (0, 0, new double[ReleaseTraffic.LatencyBuckets.Count + 1]));
                var requests = PerSecond * seconds * destination.Weight / route.Destinations.Sum(d => d.Weight);
                var bucket = ReleaseTraffic.LatencyBuckets.TakeWhile(b => b < Milliseconds.GetValueOrDefault(destination.Release, 20)).Count();
                before.Item3[bucket] += requests;
                _counts[key] = (before.Item1 + requests, before.Item2 + requests * Errors.GetValueOrDefault(destination.Release), before.Item3);
            }
    }

    /// <summary>The gateway was started anew.</summary>
    public void Forget() => _counts.Clear();
}
