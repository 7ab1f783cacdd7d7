using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>A canary for people: whole for a terminal, in one line elsewhere. Pure.</summary>
static class CanaryPicture
{
    const int Bar = 20;

    /// <summary>Differs where there is something new to tell; one verdict after the other for want of data is nothing new.</summary>
    public static string Key(Rollout rollout, CanaryStatus? canary) => canary?.Policy.Ab is not null ? ExperimentPicture.Key(rollout, canary)
        : string.Create(CultureInfo.InvariantCulture, $"{rollout.Id} {rollout.State} {rollout.Step} {rollout.Canary?.Hold} {rollout.Canary?.Approvals.Count} {rollout.Canary?.Settled is not null} {(canary?.Windows is [.., var last] ? last.Verdict == JudgeVerdict.NoData ? "-" : last.Number : 0)}");

    /// <summary>step 2 of 4 with 25%: v42 130 req/s, 0.2% errors, p99 203 ms | v41 ... | judge: pass | 3 min 20 s left</summary>
    public static string Line(Rollout rollout, CanaryStatus? canary)
    {
        if (canary?.Policy.Ab is not null) return ExperimentPicture.Line(rollout, canary);
        var name = $"{rollout.App}{(rollout.Release is { } release ? $" v{release}" : "")} {Readable.State(rollout.State)}";
        if (canary is null) return name;
        var parts = new List<string> { $"{name}, {Place(canary)}" };
        if (Shown(canary) is { } window)
        {
            parts.Add($"v{window.New.Release} {Text(window.New, window)}");
            parts.Add($"v{window.Stable.Release} {Text(window.Stable, window)}");
        }
        if (canary.Windows is [.., var last]) parts.Add($"judge: {Verdict(last)}");
        if (Waits(canary) is { } waits) parts.Add(waits);
        return string.Join(" | ", parts);
    }

    /// <param name="columns">Of the terminal.</param>
    public static IReadOnlyList<ToneLine> Of(CanaryStatus canary, int columns)
    {
        if (canary.Policy.Ab is not null) return ExperimentPicture.Of(canary);
        var rollout = canary.Rollout;
        var lines = new List<ToneLine> { new(Tone.Strong, $"{rollout.App} v{rollout.Release} {Readable.State(rollout.State)}, {Place(canary)}", Waits(canary) is { } waits ? "  " + waits : "") };
        var (weight, window) = (rollout.Canary!.Weight, Shown(canary));
        lines.Add(new ToneLine(Tone.Dim, $"  {"",-8} {"",-Bar - 8}{"REQUESTS",12}{"ERRORS",10}{"P99",12}"));
        // Copies are no part of the requests: those are all the old release's.
        lines.Add(Arm(rollout.Release ?? 0, rollout.Canary.Mirror ?? weight, window?.New, window, Tone.Good));
        lines.Add(Arm(rollout.From ?? 0, CanaryPolicy.AllRequests - weight, window?.Stable, window, Tone.Plain));
        lines.Add(new ToneLine(Tone.Plain, "  " + string.Join("  ", canary.Policy.Steps.Select((step, i) => $"{Mark(rollout, i)} {Name(step)}"))));
        if (canary.Windows is [.., var last])
            lines.Add(new ToneLine(
                last.Verdict switch { JudgeVerdict.Pass => Tone.Good, JudgeVerdict.Fail => Tone.Bad, _ => Tone.Warning },
                $"  judge  {Verdict(last)}{Failed(canary)}{(last.Dropped > 0 ? $" ({last.Dropped} copies dropped)" : "")}", $"  {last.To.ToLocalTime():HH:mm:ss}"));
        else lines.Add(new ToneLine(Tone.Dim, "  judge  has not spoken yet"));
        return columns < 40 ? [.. lines.Where((_, i) => i != 1)] : lines;
    }

    /// <summary>step 2 of 4 with 25% of the requests; step 1 of 4 with copies of 5% of the requests</summary>
    static string Place(CanaryStatus canary) =>
        $"step {canary.Rollout.Step + 1} of {canary.Policy.Steps.Count} with {Share(canary.Rollout.Canary!.Weight, canary.Rollout.Canary.Mirror)} of the requests";

    /// <summary>25%, or copies of 25%.</summary>
    internal static string Share(int weight, int? mirror) => mirror is { } copied ? $"copies of {Readable.Share(copied)}" : Readable.Share(weight);

    static string? Waits(CanaryStatus canary) => canary.Rollout.Canary switch
    {
        { Hold: CanaryHold.Approval, Asks: { } asks } progress => $"waits for {asks.Wanted}{(progress.Approvals.Count > 0 ? $", {Given(progress)}" : "")} (slipway promote)",
        { Hold: CanaryHold.Approval } => "waits for an approval (slipway promote)",
        { Hold: CanaryHold.Frozen } => "holds: frozen (slipway apps says why)",
        { Hold: CanaryHold.Paused } => "paused (slipway resume)",
        { Hold: CanaryHold.OneWay } => "has failed past a one-way step and holds (slipway promote, or slipway abort --past-one-way)",
        { Hold: CanaryHold.NoData } => "holds: no data (slipway promote)",
        { Settled: null, Mirror: not null } => "the gateway begins with the copies",
        { Settled: null } => "the gateway takes the weight",
        _ when canary.Left is { } left && left > TimeSpan.Zero => $"{Readable.Duration(TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)))} left",
        _ when canary.Left is not null => "time over, waits for the judge",
        _ => null,
    };

    /// <summary>, 1 of 2 given, by alice</summary>
    internal static string GivenOf(ReleaseGate gate) => gate.Approvals.Count == 0 ? "" : $", {gate.Approvals.Count} of {gate.Asks?.Count ?? 1} given, by {string.Join(" and ", gate.Approvals.Select(a => a.By))}";

    /// <summary>1 of 2 given, by alice</summary>
    static string Given(CanaryProgress progress) => $"{progress.Approvals.Count} of {progress.Asks?.Count ?? 1} given, by {string.Join(" and ", progress.Approvals.Select(a => a.By))}";

    /// <summary>What is counted just now, else the last verdict's window.</summary>
    static CanaryWindow? Shown(CanaryStatus canary) => canary.Now ?? (canary.Windows is [.., var last] ? last : null);

    static ToneLine Arm(int release, int weight, CanaryArm? arm, CanaryWindow? window, Tone tone)
    {
        var filled = (int)Math.Round(weight * Bar / (double)CanaryPolicy.AllRequests);
        var bar = new string('█', filled) + new string('░', Bar - filled);
        return new ToneLine(tone, $"  {$"v{release}",-8} {bar} {Readable.Share(weight),7}{(arm is null ? "" : $"{PerSecond(arm, window!),12}{Readable.Percent(arm.ErrorRate),10}{Readable.Milliseconds(arm.P99),12}")}");
    }

    static string Text(CanaryArm arm, CanaryWindow window) => $"{PerSecond(arm, window)}, {Readable.Percent(arm.ErrorRate)} errors, p99 {Readable.Milliseconds(arm.P99)}";

    static string PerSecond(CanaryArm arm, CanaryWindow window)
    {
        var seconds = (window.To - window.From).TotalSeconds;
        return seconds <= 0 ? "-" : string.Create(CultureInfo.InvariantCulture, $"{arm.Requests / seconds:0.#}/s");
    }

    static string Verdict(CanaryWindow window) => window.Verdict switch
    {
        JudgeVerdict.Pass => "pass",
        JudgeVerdict.Fail => $"fail: {window.Reason}",
        _ => $"no data: {window.Reason}",
    };

    static string Failed(CanaryStatus canary)
    {
        var last = canary.Windows.Where(w => w.Verdict != JudgeVerdict.NoData).TakeLast(canary.Policy.Judge.FailOf).Count(w => w.Verdict == JudgeVerdict.Fail);
        return last == 0 ? "" : $" ({last} failed, {canary.Policy.Judge.FailAfter} of {canary.Policy.Judge.FailOf} end it)";
    }

    static char Mark(Rollout rollout, int step) => step < rollout.Step ? '✔' : step == rollout.Step ? '●' : '○';

    internal static string Name(CanaryStep step) =>
        step.Mirror is { } mirror ? $"copies {Readable.Share(mirror.Share)} {Readable.Span(step.Lasts)}" : step.Weight == 0 ? "match" : step.IsApproval ? step.Approve?.By is { } role ? $"approve by {role}" : "approve" : $"{Readable.Share(step.Weight!.Value)} {(step.IsBake ? "bake " : "")}{Readable.Span(step.Lasts)}";
}
