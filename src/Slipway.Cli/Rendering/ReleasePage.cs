using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>A release and how it was brought in, for people who look back.</summary>
static class ReleasePage
{
    /// <summary>Of a long canary the last ones; --json has them all.</summary>
    const int ShownRows = 40;

    public static void Write(TextWriter output, Paint paint, ReleaseReport report)
    {
        var release = report.Release;
        output.WriteLine($"{paint.Bold($"{report.App} v{release.Number}")}  {release.Standing.ToString().ToLowerInvariant()}, {release.Slot.Name} slot, made {At(release.Created)}");
        if (release.Note is { } note) output.WriteLine($"note     {Readable.Line(note)}");
        output.WriteLine($"changed  {(release.Changed.Count == 0 ? "nothing that runs" : string.Join(", ", release.Changed))}");
        foreach (var (service, image) in release.Images) output.WriteLine($"image    {service} {Readable.ShortImage(image)}");
        if (report.Changes is { } changes) ChangesPage.Write(output, paint, changes);
        if (report.Jobs.Count > 0) WriteJobs(output, paint, report);
        foreach (var rollout in report.Rollouts) Write(output, paint, report, rollout);
        if (report.Experiment is { } experiment)
        {
            output.WriteLine();
            output.WriteLine($"{paint.Bold("experiment")}  {At(experiment.Began)} to {At(experiment.Through)}");
            foreach (var line in ExperimentPicture.Table(experiment)) output.WriteLine(line.Whole);
        }
        if (report.Windows.Count > 0) WriteWindows(output, paint, report);
    }

    static void Write(TextWriter output, Paint paint, ReleaseReport report, Rollout rollout)
    {
        output.WriteLine();
        output.WriteLine($"{paint.Bold($"rollout {rollout.Id}")}  {(rollout.Kind == RolloutKind.Deploy ? "deploy" : "rollback")}{(rollout.From is { } from ? $" over v{from}" : "")}{(rollout.By is { } by ? $", by {by}" : "")}, {At(rollout.Created)}");
        output.WriteLine($"{(rollout.State.IsEnded ? "ended   " : "is      ")} {Readable.State(rollout.State)}, {At(rollout.Changed)}{(rollout.State.IsEnded ? $", after {Readable.Duration(rollout.Changed - rollout.Created)}" : "")}");
        if (rollout.Error is { } why)
            foreach (var (line, i) in why.Split('\n').Select((line, i) => (line, i))) output.WriteLine($"{(i == 0 ? "why      " : "         ")}{Readable.Line(line)}");
        WriteStates(output, paint, rollout);
        if (rollout.Canary is not { History.Count: > 0 } canary) return;
        Columns.Write(output, paint, ["STEP", "PLANNED", "SHARE", "BEGAN", "LASTED", "ENDED"], canary.History.Select(step => (string[])
        [
            $"{step.Step + 1}",
            report.Policy is { Ab: not null } ? "experiment" : report.Policy is { } policy && step.Step < policy.Steps.Count ? CanaryPicture.Name(policy.Steps[step.Step]) : "-",
            CanaryPicture.Share(step.Weight, step.Mirror),
            At(step.Began),
            step.Ended is { } ended ? Readable.Duration(ended - step.Began) : "-",
            step.End is { } end ? $"{end}{(step.By is { } person ? $" by {person}" : "")}" : "goes on",
        ]));
        foreach (var (step, turn) in canary.History.SelectMany(step => (step.Turns ?? []).Select(turn => (step, turn))))
            output.WriteLine(paint.Dim($"  step {step.Step + 1} {turn.What}{(turn.By is { } who ? $" by {who}" : "")}, {At(turn.At)}"));
    }

    /// <summary>Each state with how long it lasted. A rollout that was stored by an older version has none.</summary>
    static void WriteStates(TextWriter output, Paint paint, Rollout rollout)
    {
        if (rollout.History.Count == 0) return;
        Columns.Write(output, paint, ["STATE", "BEGAN", "LASTED", "BY"], rollout.History.TakeLast(ShownRows).Select(state => (string[])
        [
            Readable.State(state.State), At(state.Began), state.State.IsEnded ? "" : state.Ended is { } ended ? Readable.Duration(ended - state.Began) : "goes on", state.By ?? "",
        ]));
    }

    static void WriteJobs(TextWriter output, Paint paint, ReleaseReport report)
    {
        output.WriteLine();
        Columns.Write(output, paint, ["JOB", "COMMAND", "ONE-WAY", "BEGAN", "LASTED", "ENDED"], report.Jobs.Select(job => (string[])
        [
            $"{job.Service} before-{job.Number}",
            Readable.Line(string.Join(' ', job.Job.Run)),
            job.Job.OneWay ? "yes" : "no",
            job.Started is { } began ? At(began) : "-",
            job is { Started: { } from, Ended: { } until } && until > from ? Readable.Duration(until - from) : "-",
            End(job),
        ]));
    }

    static string End(JobRun job) => job.State switch
    {
        JobState.Ended => $"code {job.ExitCode?.ToString(CultureInfo.InvariantCulture) ?? "unknown"}{(job.OutOfMemory ? ", out of memory" : "")}{(job.Stop switch { JobStop.Timeout => ", stopped: it took too long", JobStop.Aborted => ", stopped: its rollout had ended", _ => "" })}",
        JobState.Lost => "lost: whether it finished is not known",
        JobState.Cancelled => "never started",
        _ => "goes on",
    };

    static void WriteWindows(TextWriter output, Paint paint, ReleaseReport report)
    {
        output.WriteLine();
        var rows = Rows(report.Windows);
        if (rows.Count > ShownRows) output.WriteLine(paint.Dim($"the last of {report.Windows.Count} windows; --json has all"));
        var (next, stable) = (report.Windows[^1].New.Release, report.Windows[^1].Stable.Release);
        Columns.Write(
            output, paint, ["WINDOW", "UNTIL", "SHARE", $"v{next}", "ERRORS", "P99", $"v{stable}", "ERRORS", "P99", "VERDICT"],
            rows.TakeLast(ShownRows).Select(row => (string[])
            [
                row.First.Number == row.Last.Number ? $"{row.Last.Number}" : $"{row.First.Number}-{row.Last.Number}",
                row.Last.To.ToLocalTime().ToString("HH:mm:ss", CultureInfo.InvariantCulture),
                CanaryPicture.Share(row.Last.Weight, row.Last.Mirror),
                .. Arm(row.Last.New),
                .. Arm(row.Last.Stable),
                row.Last.Verdict switch { JudgeVerdict.Pass => "pass", JudgeVerdict.Fail => $"fail: {row.Last.Reason}", _ => $"no data: {row.Last.Reason}" },
            ]));
    }

    /// <summary>Windows without data that follow each other at one weight are one row.</summary>
    static List<(CanaryWindow First, CanaryWindow Last)> Rows(IReadOnlyList<CanaryWindow> windows)
    {
        var rows = new List<(CanaryWindow First, CanaryWindow Last)>();
        foreach (var window in windows)
            if (rows is [.., var (first, last)] && (last.Verdict, last.Weight, last.Mirror, window.Verdict) == (JudgeVerdict.NoData, window.Weight, window.Mirror, JudgeVerdict.NoData)) rows[^1] = (first, window);
            else rows.Add((window, window));
        return rows;
    }

    static IEnumerable<string> Arm(CanaryArm arm) => [arm.Requests.ToString(CultureInfo.InvariantCulture), Readable.Percent(arm.ErrorRate), Readable.Milliseconds(arm.P99)];

    static string At(DateTimeOffset time) => time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
}
