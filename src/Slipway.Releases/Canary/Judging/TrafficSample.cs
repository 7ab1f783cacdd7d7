using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>
/// What every gateway had counted of the two releases at one moment, over the services that they share. Counters only rise, and only within a gateway's
/// session: two samples make a window where they are of the same sessions.
/// </summary>
sealed record TrafficSample
{
    public required DateTimeOffset At { get; init; }

    /// <summary>By the gateway's session.</summary>
    public required IReadOnlyDictionary<string, ArmPair> Sessions { get; init; }

    /// <summary>When each session began; null in samples from before that was kept.</summary>
    public IReadOnlyDictionary<string, DateTimeOffset>? Started { get; init; }

    /// <param name="reports">Null or none: no gateway answered.</param>
    /// <returns>Null also where a gateway of another version counts times by other bounds.</returns>
    public static TrafficSample? Take(IReadOnlyList<GatewayReport>? reports, AppName app, IReadOnlySet<string> services, int next, int stable, DateTimeOffset at, Of of = Of.Everybody) =>
        reports is not { Count: > 0 } || reports.Any(r => r.Releases.Any(t => !IsOurs(t.Times) || t.Mirrored is { } copies && !(IsOurs(copies.Times) && IsOurs(copies.Originals)))) ? null : new TrafficSample
        {
            At = at,
            Started = reports.GroupBy(r => r.Session).ToDictionary(g => g.Key, g => g.First().Started),
            Sessions = reports.GroupBy(r => r.Session).ToDictionary(g => g.Key, g => new ArmPair(Sum(g, app, services, next, of), of == Of.Copies ? Sum(g, app, services, next, Of.Originals) : Sum(g, app, services, stable, Of.Everybody))),
        };

    /// <summary>From the other, earlier sample to this one; null where a gateway came or went in between.</summary>
    public ArmPair? Since(TrafficSample earlier)
    {
        if (earlier.Sessions.Count != Sessions.Count || !Sessions.Keys.All(earlier.Sessions.ContainsKey)) return null;
        return Sessions.Select(s => s.Value.Minus(earlier.Sessions[s.Key])).Aggregate((one, other) => one.Plus(other));
    }

    static bool IsOurs(AnswerTimes? times) => times is not null && times.Classes.All(c => c.Counts.Count == ArmCounts.None.Latency.Count);

    static ArmCounts Sum(IEnumerable<GatewayReport> reports, AppName app, IReadOnlySet<string> services, int release, Of of) => reports
        .SelectMany(r => r.Releases)
        // Whom a match names is no random sample: the judge leaves him out, unless there is nobody else.
        .Where(t => t.App == app && t.Release == release && t.IsMatched == (of == Of.Matched) && services.Contains(t.Service))
        .Select(t => of switch
        {
            Of.Copies => t.Mirrored is null ? ArmCounts.None : Counts(t.Mirrored.Times) with { Dropped = t.Mirrored.Dropped },
            Of.Originals => t.Mirrored is null ? ArmCounts.None : Counts(t.Mirrored.Originals),
            _ => new ArmCounts { Requests = t.Requests, Errors = Math.Min(t.Requests, t.ByClass[5] + t.Failed), Latency = t.Times!.Served(), Goals = t.Goals, Groups = t.Groups },
        })
        .Aggregate(ArmCounts.None, ArmPair.Plus);

    static ArmCounts Counts(AnswerTimes times) => new() { Requests = times.Requests, Errors = times.Errors, Latency = times.Served() };

    /// <summary>Whose requests to the new release are looked at. Those to the live one are everybody's, but where there are copies.</summary>
    public enum Of
    {
        Everybody,

        /// <summary>Those that a match names.</summary>
        Matched,

        /// <summary>Nobody's: copies, which are compared with the requests that they are copies of.</summary>
        Copies,

        /// <summary>What the live release answered, of the requests that were copied.</summary>
        Originals,
    }
}

/// <summary>The counts of both releases.</summary>
sealed record ArmPair(ArmCounts Next, ArmCounts Stable)
{
    public ArmPair Plus(ArmPair other) => new(Plus(Next, other.Next), Plus(Stable, other.Stable));

    public ArmPair Minus(ArmPair earlier) => new(Minus(Next, earlier.Next), Minus(Stable, earlier.Stable));

    internal static ArmCounts Plus(ArmCounts one, ArmCounts other) => new()
    {
        Requests = one.Requests + other.Requests,
        Errors = one.Errors + other.Errors,
        Latency = [.. one.Latency.Zip(other.Latency, (a, b) => a + b)],
        Dropped = one.Dropped + other.Dropped,
        Goals = one.Goals is null || other.Goals is null ? one.Goals ?? other.Goals : one.Goals.Concat(other.Goals).GroupBy(g => g.Key).ToDictionary(g => g.Key, g => g.Sum(v => v.Value)),
        Groups = GroupSums.Plus(one.Groups, other.Groups),
    };

    /// <summary>The parts of a report are not read at one instant, so that a difference may be off by a request: never below nothing.</summary>
    static ArmCounts Minus(ArmCounts later, ArmCounts earlier)
    {
        var requests = Math.Max(0, later.Requests - earlier.Requests);
        return new ArmCounts
        {
            Requests = requests,
            Errors = Math.Clamp(later.Errors - earlier.Errors, 0, requests),
            Latency = [.. later.Latency.Zip(earlier.Latency, (a, b) => Math.Max(0, a - b))],
            Dropped = Math.Max(0, later.Dropped - earlier.Dropped),
            Goals = later.Goals?.ToDictionary(g => g.Key, g => Math.Max(0, g.Value - (earlier.Goals?.GetValueOrDefault(g.Key) ?? 0))),
            Groups = GroupSums.Minus(later.Groups, earlier.Groups),
        };
    }
}
