using Slipway.Model;
using Slipway.Releases.Canary;

namespace Slipway.Releases.Experiments;

/// <summary>From what was counted to what can be said of it. Pure.</summary>
static class ExperimentResults
{
    /// <param name="tally">What was counted.</param>
    /// <param name="policy">Of the experiment.</param>
    /// <param name="next">Number of the new release.</param>
    /// <param name="stable">Number of the live one.</param>
    /// <param name="ends">When its time is over; null where that is not known, or past.</param>
    public static Experiment Of(Tally tally, AbPolicy policy, int next, int stable, DateTimeOffset? ends) => new()
    {
        Began = tally.Began,
        Through = tally.Through,
        Ends = ends,
        New = Arm(tally.Total.Next, next),
        Stable = Arm(tally.Total.Stable, stable),
        Goals = [.. policy.Goals.Select(goal => Goal(goal.Name, tally.Total))],
    };

    /// <summary>Why the new release should not be promoted by nobody; null: nothing speaks against it.</summary>
    public static string? Objection(Tally? tally, CanaryPolicy policy)
    {
        var (ab, total) = (policy.Ab!, tally?.Total ?? new ArmPair(ArmCounts.None, ArmCounts.None));
        if (total.Next.Requests < ab.MinRequests) return $"{total.Next.Requests} requests to the new release, of {ab.MinRequests} that it takes";
        // Whom a match names is no sample of all: there is nothing to compare with.
        if (policy.IsByMatchAlone) return null;
        if (total.Stable.Requests < ab.MinRequests) return $"{total.Stable.Requests} requests to the live release, of {ab.MinRequests} that it takes";
        return ab.Goals.Select(goal => Goal(goal.Name, total)).FirstOrDefault(goal => goal.High < 0) is { } worse ? $"{worse.Name} is reached less often" : null;
    }

    static GoalResult Goal(string name, ArmPair total)
    {
        var (next, stable) = (Reached(total.Next, name), Reached(total.Stable, name));
        var (independent, other) = (EffectiveSample.Of(total.Next, total.Stable, name), EffectiveSample.Of(total.Stable, total.Next, name));
        var isKnown = total.Next.Requests > 0 && total.Stable.Requests > 0 && independent is not null && other is not null;
        var (low, high) = isKnown ? Bounds.Difference((next, total.Next.Requests, independent!.Value), (stable, total.Stable.Requests, other!.Value)) : (0, 0);
        return new GoalResult
        {
            Name = name,
            New = next,
            Stable = stable,
            NewRate = Rate(next, total.Next),
            StableRate = Rate(stable, total.Stable),
            Difference = Rate(next, total.Next) - Rate(stable, total.Stable),
            Low = isKnown ? low : null,
            High = isKnown ? high : null,
            Verdict = !isKnown ? null : low > 0 ? "better" : high < 0 ? "worse" : null,
        };
    }

    /// <summary>The parts of a report are not read at one instant: never more than all.</summary>
    static long Reached(ArmCounts arm, string goal) => Math.Min(arm.Requests, arm.Goals?.GetValueOrDefault(goal) ?? 0);

    static double Rate(long hits, ArmCounts arm) => arm.Requests == 0 ? 0 : (double)hits / arm.Requests;

    static ExperimentArm Arm(ArmCounts counts, int release) => new()
    {
        Release = release,
        Requests = counts.Requests,
        Errors = counts.Errors,
        P50 = Rounded(counts, 0.5),
        P95 = Rounded(counts, 0.95),
        P99 = Rounded(counts, ArmCounts.Quantile),
    };

    static double? Rounded(ArmCounts counts, double quantile) => Histogram.Quantile(counts.Latency, quantile) is { } time ? Math.Round(time, 1) : null;
}
