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
        var share = CanarySteps.Percent(policy.WeightAt(step));
        return at.IsApproval ? $"{place}: waits for a person, with {share} of the requests"
            : at.IsBake ? $"{place}: all requests, for {Of(at.Lasts)}"
            : $"{place}: {share} of the requests, for {Of(at.Lasts)}";
    }

    public static string Of(CanaryWindow window) => window.Verdict switch
    {
        JudgeVerdict.Pass => $"the judge passes v{window.New.Release}: {Of(window.New)} against {Of(window.Stable)}",
        JudgeVerdict.Fail => $"the judge fails v{window.New.Release}: {window.Reason}",
        _ => $"the judge has no data: {window.Reason}",
    };

    static string Of(CanaryArm arm) => string.Create(CultureInfo.InvariantCulture,
        $"{arm.Requests} requests of v{arm.Release} with {arm.ErrorRate * 100:0.##}% errors{(arm.P99 is { } p99 ? $" and a p99 of {p99:0.#} ms" : "")}");

    public static string Of(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{(time.TotalMinutes >= 1 && time.Seconds == 0 ? time.TotalMinutes : time.TotalSeconds):0.#} {(time.TotalMinutes >= 1 && time.Seconds == 0 ? "min" : "s")}");
}
