using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>An experiment for people: whole for a terminal and for who looks back, in one line elsewhere. Pure.</summary>
static class ExperimentPicture
{
    /// <summary>Differs where there is something new to tell; that the counts went up for days is nothing new.</summary>
    public static string Key(Rollout rollout, CanaryStatus canary) => string.Create(
        CultureInfo.InvariantCulture, $"{rollout.Id} {rollout.State} {rollout.Canary?.Hold} {rollout.Canary?.Settled is not null} {(canary.Windows is [.., var last] ? last.Verdict : null)}");

    /// <summary>shop v42 experiment: 50% of the users | v42 18,041 requests, 0.2% errors ... | /thanks +0.9pp (+0.5 to +1.2): better | 3 d left</summary>
    public static string Line(Rollout rollout, CanaryStatus canary)
    {
        var parts = new List<string> { $"{rollout.App} v{rollout.Release} {Name(rollout)}, {Who(canary)}" };
        if (canary.Experiment is { } experiment)
        {
            parts.Add(Text(experiment.New));
            parts.Add(Text(experiment.Stable));
            parts.AddRange(experiment.Goals.Select(goal => $"{goal.Name} {Difference(goal)}"));
        }
        if (Failing(canary) is { } failing) parts.Add($"judge: {failing}");
        if (Waits(canary) is { } waits) parts.Add(waits);
        return string.Join(" | ", parts);
    }

    public static IReadOnlyList<ToneLine> Of(CanaryStatus canary)
    {
        var rollout = canary.Rollout;
        var lines = new List<ToneLine> { new(Tone.Strong, $"{rollout.App} v{rollout.Release} {Name(rollout)}, {Who(canary)}", Waits(canary) is { } waits ? "  " + waits : "") };
        if (canary.Experiment is { } experiment) lines.AddRange(Table(experiment));
        else lines.Add(new ToneLine(Tone.Dim, "  nothing is counted yet"));
        if (Failing(canary) is { } failing) lines.Add(new ToneLine(Tone.Bad, $"  judge  {failing}"));
        return lines;
    }

    /// <summary>Both releases, and each goal with the difference and its 95% interval.</summary>
    public static IReadOnlyList<ToneLine> Table(Experiment experiment)
    {
        var lines = new List<ToneLine>
        {
            new(Tone.Dim, $"  {"",-8}{"REQUESTS",12}{"ERRORS",10}{"P50",12}{"P95",12}{"P99",12}"),
            Arm(experiment.New, Tone.Good),
            Arm(experiment.Stable, Tone.Plain),
        };
        if (experiment.Goals.Count == 0) return lines;
        var width = Math.Max(16, experiment.Goals.Max(goal => Width.Of(goal.Name)) + 2);
        lines.Add(new ToneLine(Tone.Dim, $"  {"GOAL".PadRight(width)}{$"v{experiment.New.Release}",10}{$"v{experiment.Stable.Release}",10}  DIFFERENCE (95%)"));
        lines.AddRange(experiment.Goals.Select(goal => new ToneLine(
            goal.Verdict switch { "better" => Tone.Good, "worse" => Tone.Bad, _ => Tone.Plain },
            $"  {goal.Name}{new string(' ', width - Width.Of(goal.Name))}{Readable.Percent(goal.NewRate),10}{Readable.Percent(goal.StableRate),10}  {Difference(goal)}")));
        return lines;
    }

    static ToneLine Arm(ExperimentArm arm, Tone tone) => new(
        tone, $"  {$"v{arm.Release}",-8}{Count(arm.Requests),12}{Readable.Percent(Errors(arm)),10}{Readable.Milliseconds(arm.P50),12}{Readable.Milliseconds(arm.P95),12}{Readable.Milliseconds(arm.P99),12}");

    static string Name(Rollout rollout) => rollout.State is RolloutState.Shifting or RolloutState.Holding ? "experiment" : Readable.State(rollout.State);

    static string Who(CanaryStatus canary) => canary.Policy.IsByMatchAlone ? "matched requests" : $"{Readable.Share(canary.Policy.WeightAt(0))} of the users";

    static string? Waits(CanaryStatus canary) => canary.Rollout.Canary switch
    {
        { Hold: CanaryHold.Ended } => "is over (slipway promote, slipway abort)",
        { Settled: null } => "the gateway takes the shares",
        _ when canary.Left is { } left => $"{Readable.Duration(TimeSpan.FromSeconds(Math.Ceiling(left.TotalSeconds)))} left",
        _ => null,
    };

    static string? Failing(CanaryStatus canary) => canary.Windows is [.., { Verdict: JudgeVerdict.Fail } last] ? $"fail: {last.Reason}" : null;

    static string Text(ExperimentArm arm) => $"v{arm.Release} {Count(arm.Requests)} requests, {Readable.Percent(Errors(arm))} errors, p99 {Readable.Milliseconds(arm.P99)}";

    static string Difference(GoalResult goal) => goal is { Low: { } low, High: { } high }
        ? $"{Points(goal.Difference)}pp ({Points(low)} to {Points(high)}){(goal.Verdict is { } verdict ? $": {verdict}" : ": not known")}" : "no data";

    static double Errors(ExperimentArm arm) => arm.Requests == 0 ? 0 : (double)arm.Errors / arm.Requests;

    static string Points(double difference) => string.Create(CultureInfo.InvariantCulture, $"{difference * 100:+0.##;-0.##;0}");

    static string Count(long number) => number.ToString("N0", CultureInfo.InvariantCulture);
}
