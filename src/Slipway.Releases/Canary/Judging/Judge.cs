using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <param name="Reason">What failed, without "in how many windows"; or why there is no data.</param>
readonly record struct Judgement(JudgeVerdict Verdict, string? Reason)
{
    public static Judgement NoData(string why) => new(JudgeVerdict.NoData, why);
}

/// <summary>
/// Whether a new release is good, from what it and the live one did over the same window. Pure. An absolute limit is broken by the estimate itself;
/// "worse than the live one" must be certain: only where the one-sided 95% bound lies beyond the margin.
/// </summary>
static class Judge
{
    /// <param name="isShared">False where all requests go to the new release: then there is nothing to compare with, and the limits alone count.</param>
    /// <param name="release">Number of the live release, for the reason.</param>
    public static Judgement Decide(JudgePolicy policy, ArmCounts next, ArmCounts stable, bool isShared, int release)
    {
        if (next.Requests < policy.MinRequests) return Judgement.NoData($"{Requests(next)} to the new release, of {policy.MinRequests} that a verdict takes");
        if (isShared && stable.Requests < policy.MinRequests) return Judgement.NoData($"{Requests(stable)} to v{release}, of {policy.MinRequests} that a verdict takes");
        var wrong = policy.Checks.Select(check => Check(check, next, stable, isShared, release)).OfType<string>().ToList();
        return wrong.Count == 0 ? new Judgement(JudgeVerdict.Pass, null) : new Judgement(JudgeVerdict.Fail, string.Join("; ", wrong));
    }

    /// <summary>The reason that ends the rollout, where the last windows with data have failed too often; else null.</summary>
    /// <param name="windows">Oldest first.</param>
    public static string? Failure(JudgePolicy policy, IReadOnlyList<CanaryWindow> windows)
    {
        var last = windows.Where(w => w.Verdict != JudgeVerdict.NoData).TakeLast(policy.FailOf).ToList();
        var failed = last.Where(w => w.Verdict == JudgeVerdict.Fail).ToList();
        return failed.Count >= policy.FailAfter ? $"{failed[^1].Reason}, {failed.Count} of {last.Count} windows" : null;
    }

    static string? Check(JudgeCheck check, ArmCounts next, ArmCounts stable, bool isShared, int release) => check.Measure switch
    {
        JudgeMeasure.Errors => Errors(check, next, isShared ? stable : null, release),
        JudgeMeasure.P99 => P99(check, next, isShared ? stable : null, release),
        _ => Restarts(check, next, stable),
    };

    static string? Errors(JudgeCheck check, ArmCounts next, ArmCounts? stable, int release)
    {
        if (check.Limit is { } limit && next.ErrorRate > limit) return $"errors {Percent(next.ErrorRate)}{Against(stable, s => Percent(s.ErrorRate), release)} (limit {Percent(limit)})";
        if (check.VersusStable is { } margin && stable is not null && Bounds.LeastDifference(next.Errors, next.Requests, stable.Errors, stable.Requests) > margin)
            return $"errors {Percent(next.ErrorRate)}{Against(stable, s => Percent(s.ErrorRate), release)} (limit +{Text(margin * 100)}pp)";
        return null;
    }

    static string? P99(JudgeCheck check, ArmCounts next, ArmCounts? stable, int release)
    {
        if (check.Limit is { } limit && next.P99 > limit) return $"p99 {Milliseconds(next.P99)}{Against(stable, s => Milliseconds(s.P99), release)} (limit {Milliseconds(limit)})";
        if (check.VersusStable is not { } margin || stable is null) return null;
        // By the outer edges of the buckets, so that their width never is the reason.
        var low = Histogram.EdgesAt(next.Latency, Bounds.LowRank(next.Latency.Sum(), ArmCounts.Quantile)).Low;
        var high = Histogram.EdgesAt(stable.Latency, Bounds.HighRank(stable.Latency.Sum(), ArmCounts.Quantile)).High;
        return low > high * margin ? $"p99 {Milliseconds(next.P99)}{Against(stable, s => Milliseconds(s.P99), release)} (limit {Text(margin)}x)" : null;
    }

    /// <summary>Where the live release's instances were started again too, it was the engine's doing.</summary>
    static string? Restarts(JudgeCheck check, ArmCounts next, ArmCounts stable) =>
        next.Restarts > (check.Limit ?? 0) && next.Restarts > stable.Restarts
            ? $"{next.Restarts} {(next.Restarts == 1 ? "restart" : "restarts")} (limit {Text(check.Limit ?? 0)})" : null;

    static string Against(ArmCounts? stable, Func<ArmCounts, string> text, int release) =>
        stable is null ? "" : $" against {text(stable)} of v{release} in the same window";

    static string Requests(ArmCounts arm) => arm.Requests == 1 ? "1 request" : $"{arm.Requests} requests";

    static string Percent(double share) => Text(share * 100) + "%";

    static string Milliseconds(double? time) => string.Create(CultureInfo.InvariantCulture, $"{time:0.#} ms");

    static string Text(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
