using Slipway.Releases.Canary;

namespace Slipway.Releases.Experiments;

/// <summary>
/// What both releases did since an experiment began, over all sessions of all gateways. A gateway's counters begin at 0 with each of its processes: what is
/// known of a session is added up as differences, and a session that began after the experiment counts from its 0. Lost is only what a gateway counted
/// between the last look at it and its own death.
/// </summary>
sealed record Tally
{
    /// <summary>Sessions that are gone and still remembered: one may only be away for a moment.</summary>
    const int MostSessions = 64;

    public required DateTimeOffset Began { get; init; }

    public required DateTimeOffset Through { get; init; }

    public required ArmPair Total { get; init; }

    /// <summary>What each session had counted when it was last seen.</summary>
    public required IReadOnlyDictionary<string, ArmPair> Sessions { get; init; }

    /// <param name="sample">Nothing before it counts.</param>
    public static Tally Begin(TrafficSample sample) => new() { Began = sample.At, Through = sample.At, Total = new ArmPair(ArmCounts.None, ArmCounts.None), Sessions = sample.Sessions };

    public Tally Add(TrafficSample sample)
    {
        var total = Total;
        foreach (var (session, counts) in sample.Sessions)
            if (Sessions.TryGetValue(session, out var seen)) total = total.Plus(counts.Minus(seen));
            else if (sample.Started?.TryGetValue(session, out var started) == true && started >= Began) total = total.Plus(counts);
        var gone = Sessions.Where(s => !sample.Sessions.ContainsKey(s.Key)).TakeLast(MostSessions);
        return this with { Through = sample.At, Total = total, Sessions = new Dictionary<string, ArmPair>(gone.Concat(sample.Sessions)) };
    }
}
