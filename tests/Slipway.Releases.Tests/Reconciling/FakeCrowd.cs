using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>People who ask the split routes of the table that is served by, so many times a second, as long as the world's time goes on.</summary>
sealed class FakeCrowd(FakeTime time)
{
    readonly Dictionary<(int Release, bool IsMatched), Dictionary<string, double>> _goals = [];
    readonly Dictionary<(AppName App, string Service, int Release, bool IsMatched), (double Requests, double Errors, double[] Latency)> _counts = [];
    readonly Dictionary<(AppName App, string Service, int Release), (double Requests, double Errors, double[] Latency, double OriginalErrors, double[] Originals)> _copies = [];
    DateTimeOffset _asked = time.Now;

    public double PerSecond { get; set; } = 100;

    /// <summary>Of requests that a match names, beside the others, and the part of their answers that are 5xx.</summary>
    public double MatchedPerSecond { get; set; }

    public double MatchedErrors { get; set; }

    /// <summary>For each release the part of its answers that are 5xx; 0 where it isn't named.</summary>
    public Dictionary<int, double> Errors { get; } = [];

    /// <summary>For each release the part of its requests that reach each goal of the route.</summary>
    public Dictionary<int, double> Reached { get; } = [];

    /// <summary>For each release the part of its answers to copies that are 5xx.</summary>
    public Dictionary<int, double> CopyErrors { get; } = [];

    /// <summary>The gateway knows nothing of mirrors.</summary>
    public bool MakesNoCopies { get; set; }

    /// <summary>For each release how long its answers take, in milliseconds; 20 where it isn't named.</summary>
    public Dictionary<int, double> Milliseconds { get; } = [];

    public IReadOnlyList<ReleaseTraffic> Counted => [.. _counts.Select(c => new ReleaseTraffic
    {
        App = c.Key.App,
        Service = c.Key.Service,
        Release = c.Key.Release,
        IsMatched = c.Key.IsMatched,
        Goals = _goals.GetValueOrDefault((c.Key.Release, c.Key.IsMatched))?.ToDictionary(g => g.Key, g => (long)g.Value),
        Requests = (long)c.Value.Requests,
        ByClass = [0, 0, (long)c.Value.Requests - (long)c.Value.Errors, 0, 0, (long)c.Value.Errors],
        Failed = 0,
        Times = new AnswerTimes { Success = [.. c.Value.Latency.Select(l => (long)l)] },
        Mirrored = !c.Key.IsMatched && _copies.TryGetValue((c.Key.App, c.Key.Service, c.Key.Release), out var copies) ? new MirroredTraffic
        {
            Requests = (long)copies.Requests,
            ByClass = [0, 0, (long)copies.Requests - (long)copies.Errors, 0, 0, (long)copies.Errors],
            Failed = 0,
            Dropped = 0,
            Times = Times(copies.Latency, copies.Errors),
            Originals = Times(copies.Originals, copies.OriginalErrors),
        } : null,
    })];

    /// <summary>All that was asked since the last time was asked of this table.</summary>
    public void Ask(RouteTable table)
    {
        var seconds = (time.Now - _asked).TotalSeconds;
        _asked = time.Now;
        foreach (var route in table.Routes.Where(r => r.Split is not null || r.Mirror is not null))
        {
            if (route.Mirror is { } mirror && !MakesNoCopies) Copy(route, mirror, PerSecond * seconds * mirror.Share / CanaryPolicy.AllRequests);
            foreach (var destination in route.Destinations)
            {
                Count(route, destination.Release, false, PerSecond * seconds * destination.Weight / route.Destinations.Sum(d => d.Weight), Errors.GetValueOrDefault(destination.Release));
                if (route.Split?.Match is not null && destination.Release == route.Split.Release) Count(route, destination.Release, true, MatchedPerSecond * seconds, MatchedErrors);
            }
        }
    }

    void Copy(Route route, RouteMirror mirror, double requests)
    {
        var key = (route.App, route.Service, mirror.Release);
        // A release has its counters from the table on that names it.
        _counts.TryAdd((route.App, route.Service, mirror.Release, false), (0, 0, new double[ReleaseTraffic.LatencyBuckets.Count + 1]));
        var (live, before) = (route.Destinations.Single().Release, _copies.GetValueOrDefault(key, (0, 0, new double[ReleaseTraffic.LatencyBuckets.Count + 1], 0, new double[ReleaseTraffic.LatencyBuckets.Count + 1])));
        before.Latency[Bucket(mirror.Release)] += requests;
        before.Originals[Bucket(live)] += requests;
        _copies[key] = (before.Requests + requests, before.Errors + (requests * CopyErrors.GetValueOrDefault(mirror.Release)), before.Latency,
            before.OriginalErrors + (requests * Errors.GetValueOrDefault(live)), before.Originals);
    }

    static AnswerTimes Times(double[] all, double errors)
    {
        var (served, failed) = (all.Select(l => (long)l).ToArray(), new long[all.Length]);
        var slowest = Array.FindLastIndex(served, count => count > 0);
        if (slowest >= 0) (served[slowest], failed[slowest]) = (served[slowest] - (long)errors, (long)errors);
        return new AnswerTimes { Success = served, ServerError = failed };
    }

    int Bucket(int release) => ReleaseTraffic.LatencyBuckets.TakeWhile(b => b < Milliseconds.GetValueOrDefault(release, 20)).Count();

    void Count(Route route, int release, bool isMatched, double requests, double errors)
    {
        var key = (route.App, route.Service, release, isMatched);
        var before = _counts.GetValueOrDefault(key, (0, 0, new double[ReleaseTraffic.LatencyBuckets.Count + 1]));
        before.Item3[Bucket(release)] += requests;
        foreach (var goal in route.Split?.Goals ?? [])
        {
            if (!_goals.TryGetValue((release, isMatched), out var goals)) _goals[(release, isMatched)] = goals = [];
            goals[goal.Name] = goals.GetValueOrDefault(goal.Name) + (requests * Reached.GetValueOrDefault(release));
        }
        _counts[key] = (before.Item1 + requests, before.Item2 + (requests * errors), before.Item3);
    }

    /// <summary>The gateway was started anew.</summary>
    public void Forget()
    {
        _counts.Clear();
        _copies.Clear();
        _goals.Clear();
    }
}
