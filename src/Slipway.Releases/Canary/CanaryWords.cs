using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>A canary's facts as sentences, for the journal.</summary>
static class CanaryWords
{
    public static string Of(CanaryPolicy policy, int step)
    {
        if (policy.Ab is not null) return Experiments.ExperimentSteps.Of(policy);
        var (place, at) = ($"step {step + 1} of {policy.Steps.Count}", policy.Steps[step]);
        var share = Share(policy.WeightAt(step), policy.MirrorAt(step)?.Share);
        return at.IsApproval ? $"{place}: waits for a person, with {share}"
            : at.IsBake ? $"{place}: all requests, for {Of(at.Lasts)}"
            : $"{place}: {share}, for {Of(at.Lasts)}";
    }

    /// <summary>What the new release gets: 5% of the requests, or copies of 5% of the requests.</summary>
    public static string Share(int weight, int? mirror) => mirror is { } copied ? $"copies of {CanarySteps.Percent(copied)} of the requests" : $"{CanarySteps.Percent(weight)} of the requests";

    public static string Of(CanaryWindow window) => window.Verdict switch
    {
        JudgeVerdict.Pass => $"the judge passes v{window.New.Release}: {Of(window.New, window)} against {Of(window.Stable)}{(window.Dropped > 0 ? $"; {window.Dropped} copies were dropped" : "")}",
        JudgeVerdict.Fail => $"the judge fails v{window.New.Release}: {window.Reason}",
        _ => $"the judge has no data: {window.Reason}",
    };

    /// <param name="copies">The window in which they are the copies of the new release.</param>
    static string Of(CanaryArm arm, CanaryWindow? copies = null) => string.Create(CultureInfo.InvariantCulture,
        $"{arm.Requests} {(copies?.Mirror is null ? "requests" : "copies")} of v{arm.Release} with {arm.ErrorRate * 100:0.##}% errors{(arm.P99 is { } p99 ? $" and a p99 of {p99:0.#} ms" : "")}");

    public static string Of(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(time.TotalMinutes >= 1 && time.Seconds == 0 ? time.TotalMinutes : time.TotalSeconds):0.#} {(time.TotalMinutes >= 1 && time.Seconds == 0 ? "min" : "s")}");
}
