using System.Globalization;
using Slipway.Model;
using Slipway.Releases.Diffing;

namespace Slipway.Releases.Jobs;

/// <summary>Jobs in sentences.</summary>
static class JobWords
{
    /// <summary>web: python manage.py migrate</summary>
    public static string Name(string service, JobModel job) => $"{service}: {Line(job)}";

    /// <summary>Without the passwords that someone may have put into it.</summary>
    public static string Line(JobModel job) => Secrecy.Masked(ValueText.Words(job.Run))!;

    /// <summary>What anybody may read of it who may read the app's releases: the stored one has the command as it is run.</summary>
    public static JobRun Shown(JobRun run) => run with
    {
        Job = run.Job with { Run = Secrecy.Masked(run.Job.Run), Entrypoint = run.Job.Entrypoint is { } entrypoint ? Secrecy.Masked(entrypoint) : null },
    };

    /// <summary>running, stopping, done, failed, lost, cancelled</summary>
    public static string State(JobRun run) => run.State switch
    {
        JobState.Ended => run.IsDone ? "done" : "failed",
        var state => state.ToString().ToLowerInvariant(),
    };

    public static string? Detail(JobRun run) => run.State switch
    {
        JobState.Running => $"{ValueText.Of(run.Job.Timeout)} at most",
        JobState.Stopping => run.Stop == JobStop.Timeout ? $"it did not end within {ValueText.Of(run.Job.Timeout)}" : "its rollout has ended; what it did so far stays done",
        JobState.Ended when !run.IsDone => How(run),
        JobState.Lost => "its container is gone; whether it finished is not known",
        _ => null,
    };

    public static double? Seconds(JobRun run) => run is { State: JobState.Ended, Started: { } started, Ended: { } ended } && ended > started ? Math.Round((ended - started).TotalSeconds, 1) : null;

    /// <summary>Why the release fails by it.</summary>
    public static string Failure(JobRun run)
    {
        var name = $"{Name(run.Service, run.Job)} of v{run.Release}";
        return run.State switch
        {
            JobState.Lost => $"It is not known whether {name} finished: its container is gone from the engine, and it is not run a second time. Look at what it was to do (the database, say) before the next deploy, which runs it again",
            JobState.Cancelled => $"{name} was not started",
            _ when run.Stop == JobStop.Timeout => $"{name} did not end within {ValueText.Of(run.Job.Timeout)} and was stopped ({How(run)}). A longer time: timeout: beside run",
            _ => $"{name} failed: it {How(run)}",
        };
    }

    /// <summary>v2 ran a one-way step (web: python manage.py migrate, done 2026-11-29 12:00:00 UTC)</summary>
    public static string Steps(IReadOnlyList<JobRun> taken)
    {
        var steps = taken.Select(r => $"{Name(r.Service, r.Job)}, {(r.IsDone ? "done" : r.State == JobState.Lost ? "perhaps done" : "stopped at its end")} {r.Ended?.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture)} UTC");
        return $"{string.Join(" and ", taken.Select(r => $"v{r.Release}").Distinct())} ran {(taken.Count == 1 ? "a one-way step" : "one-way steps")} ({string.Join("; ", steps)})";
    }

    static string How(JobRun run) => $"ended {(run.ExitCode is { } code ? $"with code {code}" : "without a code")}{(run.OutOfMemory ? ", because it used more memory than it may" : "")}";
}
