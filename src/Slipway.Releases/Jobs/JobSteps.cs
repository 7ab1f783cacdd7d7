using Slipway.Model;
using Slipway.Releases.Governing;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Jobs;

/// <summary>
/// How a release's jobs are run, one at a time: a service's in their order, after those of what it depends on, and after that is ready. Pure.
/// <code>
///            stored, before it happens                                    happens
/// (nothing) ─► planned ─────────────────────────────────────────────────► its container is made, not started
///              planned, and the container is there ─► running ──────────► it is started, if it never was
///                                                     running, exited ──► its output is read ─► ended, with its code ─► removed
///                                                     running, gone ────► lost: nobody knows how far it came; never run again
///                                                     running, too long ─► stopping: told to stop, killed after its grace period ─► ended
/// </code>
/// A container that is "created" has never run, so that a server which finds one after a crash knows that it may start it; one that it does not
/// find, though it was to be started, it must not make again.
/// </summary>
static class JobSteps
{
    /// <summary>How often a job's output is fetched while it runs.</summary>
    static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    /// <returns>False when all are done, or there are none.</returns>
    public static bool Decide(AppView view, SlotState staged, DecisionBuilder decision)
    {
        var pending = view.Plan.Jobs.Where(j => !j.IsDone).ToList();
        if (pending.Count == 0) return false;
        if (pending.FirstOrDefault(j => j.Run is { HasEnded: true }) is { } failed) Fail(view, JobWords.Failure(failed.Run!), failed.Find(view.Jobs), decision);
        else if ((pending.FirstOrDefault(j => j.Run is not null) ?? pending.FirstOrDefault(j => IsNext(view, staged.Slot, j, pending))) is { } job) Go(view, job, decision);
        else decision.WaitFor($"{string.Join(" and ", pending.Select(j => j.Service.Name).Distinct())} of v{staged.Release.Number} must run a job first, and what it depends on is not ready");
        return true;
    }

    /// <summary>Those before it are done, and what the service depends on is there.</summary>
    static bool IsNext(AppView view, Slot slot, PlannedJob job, List<PlannedJob> pending)
    {
        if (pending.Any(j => j.Service.Name == job.Service.Name && j.Number < job.Number)) return false;
        var needs = JobGate.Needs(view.Plan, slot, job.Service);
        return !pending.Any(j => needs.Contains(j.Service.Name)) && job.Service.DependsOn.All(d => IsReady(view, slot, d));
    }

    /// <summary>As for the service itself, and ready besides: nobody starts a job again that found no database.</summary>
    static bool IsReady(AppView view, Slot slot, DependencyModel dependency) =>
        !view.Plan.InForce.TryGetValue((slot, dependency.Service), out var needed)
        || needed.Workload.Replicas == 0
        || (!dependency.Required && view.Of(needed).Any(i => i.State == InstanceState.Exited))
        || (dependency.Condition == DependencyCondition.CompletedSuccessfully
            ? view.Of(needed).ToList() is { Count: > 0 } ended && ended.All(i => i is { State: InstanceState.Exited, ExitCode: 0 })
            : view.IsReady(needed));

    static void Go(AppView view, PlannedJob job, DecisionBuilder decision)
    {
        var instance = job.Find(view.Jobs);
        var deadline = (instance?.Started ?? job.Run?.Started ?? view.Now) + job.Job.Timeout;
        switch (job.Run)
        {
            // It changes data, for good: what would not be promoted is not prepared either.
            case null when view.Stored.FrozenBy(view.Now) is { } freeze:
                decision.WaitFor($"{JobWords.Name(job.Service.Name, job.Job)} is not run: {FreezeWords.Of(freeze, view.Stored.App)}");
                break;
            case null:
                decision.Do(new Step.StoreJob(NewRun(view, job)));
                break;
            case { State: JobState.Planned } when instance is null:
                if (MayTry(view, job, decision)) decision.Do(new Step.MakeJob(job));
                break;
            case { State: JobState.Planned } planned:
                decision.Do(new Step.StoreJob(planned with { State = JobState.Running, Started = view.Now }));
                break;
            case { } run when instance is null:
                decision.Do(new Step.StoreJob(run with { State = JobState.Lost, Ended = view.Now }));
                break;
            case { } when instance.State == InstanceState.Created:
                if (MayTry(view, job, decision)) decision.Do(new Step.StartJob(job, instance));
                break;
            case { } run when instance.State == InstanceState.Exited:
                decision.Do(new Step.EndJob(Ended(run, instance, view.Now), instance));
                break;
            case { State: JobState.Stopping }:
                decision.Do(new Step.StopJob(instance));
                break;
            case { } run when deadline <= view.Now:
                decision.Do(new Step.StoreJob(run with { State = JobState.Stopping, Stop = JobStop.Timeout, Started = instance.Started ?? run.Started }));
                break;
            default:
                decision.LookAgain(deadline < view.Now + Look ? deadline : view.Now + Look);
                break;
        }
    }

    /// <summary>The run as it ended, by what the engine says.</summary>
    public static JobRun Ended(JobRun run, Instance instance, DateTimeOffset now) => run with
    {
        State = JobState.Ended,
        Started = instance.Started ?? run.Started,
        Ended = instance.Finished ?? now,
        ExitCode = instance.ExitCode,
        OutOfMemory = instance.OutOfMemory,
    };

    static JobRun NewRun(AppView view, PlannedJob job) => new()
    {
        Release = job.Workload.Release,
        Service = job.Service.Name,
        Number = job.Number,
        Rollout = view.Stored.Rollout!.Id,
        Job = job.Job,
        State = JobState.Planned,
    };

    /// <summary>An engine that refuses is asked again, three times in all.</summary>
    static bool MayTry(AppView view, PlannedJob job, DecisionBuilder decision)
    {
        if (!view.Attempts.TryGetValue(job.Key, out var attempts)) return true;
        if (attempts is { Failures: >= FailureJudge.MostEnds, Refusal: { } refusal })
            Fail(view, $"{JobWords.Name(job.Service.Name, job.Job)} of v{job.Workload.Release} could not be started: {refusal}", null, decision);
        else if (attempts.NextAt <= view.Now) return true;
        else decision.LookAgain(attempts.NextAt);
        return false;
    }

    static void Fail(AppView view, string reason, Instance? instance, DecisionBuilder decision) => OneWaySteps.Fail(view, new Step.Fail(reason, instance), decision);
}
