using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Jobs;

/// <summary>Takes away the containers of jobs: of those that are done, and of those whose rollout has ended while they ran, which are told to stop first.</summary>
static class JobClearing
{
    public static void Decide(AppView view, DecisionBuilder decision)
    {
        foreach (var instance in view.Jobs)
            if (!IsWanted(view, instance)) Clear(instance, RunOf(view, instance), view.Now, decision);
        if (view.Stored.Rollout is not { State: RolloutState.Staging })
            foreach (var run in view.Stored.Jobs.Where(r => !r.HasEnded && !view.Jobs.Any(i => PlannedJob.Is(i, r.Release, r.Service, r.Number))))
                decision.Do(new Step.StoreJob(run with { State = run.State == JobState.Planned ? JobState.Cancelled : JobState.Lost, Ended = view.Now }));
    }

    /// <summary>Whether something is still to be done about jobs that nobody waits for.</summary>
    public static bool IsBusy(AppView view) => view.Jobs.Any(i => !IsWanted(view, i)) || view.Stored.Jobs.Any(r => !r.HasEnded);

    /// <summary>It is to run, or runs, or failed and is yet to be told of with its last lines.</summary>
    static bool IsWanted(AppView view, Instance instance) =>
        view.Plan.Jobs.Any(j => PlannedJob.Is(instance, j.Workload.Release, j.Service.Name, j.Number) && !j.IsDone);

    static void Clear(Instance instance, JobRun? run, DateTimeOffset now, DecisionBuilder decision)
    {
        var isAlive = Convergence.IsAlive(instance);
        if (run is not { HasEnded: false })
        {
            decision.Do(isAlive ? new Step.StopJob(instance) : new Step.RemoveJob(instance));
            return;
        }
        decision.Do(run.State switch
        {
            _ when instance.State == InstanceState.Created => new Step.StoreJob(run with { State = JobState.Cancelled, Ended = now }, instance),
            _ when instance.State == InstanceState.Exited => new Step.EndJob(JobSteps.Ended(run, instance, now), instance),
            JobState.Stopping => new Step.StopJob(instance),
            _ => new Step.StoreJob(run with { State = JobState.Stopping, Stop = JobStop.Aborted, Started = instance.Started ?? run.Started }),
        });
    }

    static JobRun? RunOf(AppView view, Instance instance) => view.Stored.Jobs.FirstOrDefault(r => PlannedJob.Is(instance, r.Release, r.Service, r.Number));
}
