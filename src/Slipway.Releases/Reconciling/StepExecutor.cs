using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Jobs;
using Slipway.Releases.Sites;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// Carries steps out for one app. What is stored is changed at once and in order; what the engine does runs beside, one thing at a time for each
/// workload, so that an instance that takes its time to stop delays nothing else of the app.
/// </summary>
sealed partial class StepExecutor(
    AppName app, IEngine engine, SiteStore sites, JobLog jobLog, Transitions transitions, RoutePublisher publisher, RolloutReporter reporter, AttemptLog attempts, TimeProvider time, Action wake, ILogger log)
{
    readonly ConcurrentDictionary<WorkloadKey, Task> _running = new();

    /// <summary>Takes the steps in order, until one of them makes those behind it void.</summary>
    /// <returns>Whether anything was done, so that it is worth looking again at once.</returns>
    public async Task<bool> Take(AppView view, Decision decision, CancellationToken cancel)
    {
        var acted = false;
        foreach (var step in decision.Steps)
            switch (step)
            {
                case Step.Apply apply:
                    acted |= await Start(apply.Planned.Key, () => apply.Planned.Workload.Static is null ? Apply(apply, cancel) : Unpack(view, apply.Planned.Workload, cancel));
                    break;
                case Step.Retire retire:
                    acted |= await Start(WorkloadKey.Of(retire.Instance), () => Retire(retire.Instance, cancel));
                    break;
                case Step.StoreJob { Unstarted: { } unstarted } when _running.TryGetValue(WorkloadKey.Of(unstarted), out var starting) && !starting.IsCompleted:
                    break;
                case Step.MakeJob make:
                    acted |= await Start(make.Job.Key, () => Attempt(make.Job.Key, async () =>
                    {
                        await engine.Prepare(make.Job.Workload.Image, cancel);
                        await engine.Make(make.Job.Workload, cancel);
                    }));
                    break;
                case Step.StartJob start:
                    acted |= await Start(start.Job.Key, () => Attempt(start.Job.Key, () => engine.StartOnce(start.Instance.Id, cancel)));
                    break;
                case Step.StopJob stop:
                    acted |= await Start(WorkloadKey.Of(stop.Instance), () => engine.Stop(stop.Instance.Id, cancel));
                    break;
                case Step.RemoveJob remove:
                    acted |= await Start(WorkloadKey.Of(remove.Instance), () => engine.Remove(remove.Instance.Id, cancel));
                    break;
                default:
                    await Change(view, step, cancel);
                    // The view is older than what is stored now.
                    return true;
            }
        return acted;
    }

    /// <summary>Ends when nothing is under way any more.</summary>
    public Task Idle() => Task.WhenAll(_running.Values);

    async Task Change(AppView view, Step step, CancellationToken cancel)
    {
        if (step is Step.FreeSlot free) await engine.Sweep(app, free.Slot, volumes: false, cancel);
        if (step is Step.Forget forget) await engine.Sweep(app, null, forget.Volumes, cancel);
        if (step is Step.Forget) sites.Forget(app);
        if (step is Step.EndJob end && view.Stored.Rollout?.Id == end.Run.Rollout) await jobLog.Finish(end.Instance, end.Run, SecretsOf(view, end.Instance), cancel);
        var error = step is Step.Fail fail ? JobLog.Masked(await FailureReport.Write(engine, fail, cancel), fail.Instance is { Job: not null } job ? SecretsOf(view, job) : []) : null;
        if (!await transitions.Take(view.Stored, step, error, cancel)) return;
        if (step is Step.SaveRoutes) publisher.Poke();
        reporter.Taken(view, step, error);
    }

    async Task<bool> Start(WorkloadKey key, Func<Task> effect)
    {
        if (_running.TryGetValue(key, out var running) && !running.IsCompleted) return false;
        var task = effect();
        if (task.IsCompleted)
        {
            await task;
            return true;
        }
        _running[key] = Finish(key, task);
        return false;
    }

    async Task Finish(WorkloadKey key, Task task)
    {
        try
        {
            await task;
        }
        catch (OperationCanceledException)
        {
            // The server ends; what was done is found by the next one.
        }
        catch (EngineUnavailableException away)
        {
            // No fault of the workload's: what was done is observed when the engine is back, and the step is decided anew.
            LogAway(log, app, key.Service, away.Message);
        }
        catch (Exception error)
        {
            attempts.Refused(key, error.Message, time.GetUtcNow());
            LogFailed(log, error, app, key.Service);
        }
        _running.TryRemove(key, out _);
        wake();
    }

    static IReadOnlyList<string> SecretsOf(AppView view, Instance job) =>
        view.Stored.Slots.FirstOrDefault(s => s.Release.Number == job.Release)?.Release.Model.Find(job.Service) is { } service ? JobLog.SecretsOf(service.Container) : [];

    async Task Attempt(WorkloadKey key, Func<Task> effect)
    {
        try
        {
            await effect();
        }
        catch (Exception refused) when (refused is EngineException or SiteException)
        {
            attempts.Refused(key, refused.Message, time.GetUtcNow());
            LogRefused(log, app, key.Service, refused.Message);
        }
    }

    Task Apply(Step.Apply step, CancellationToken cancel) => Attempt(step.Planned.Key, async () =>
    {
        if (step.IsNew) await engine.Prepare(step.Planned.Workload.Image, cancel);
        await engine.Apply(step.Planned.Workload, cancel);
    });

    Task Unpack(AppView view, Workload workload, CancellationToken cancel) => Attempt(new WorkloadKey(workload.Service, workload.Hash), async () =>
    {
        if (await sites.Unpack(engine, workload, cancel) is { } report) reporter.Unpacked(view, workload, report);
    });

    async Task Retire(Instance instance, CancellationToken cancel)
    {
        if (instance.Site is not null)
        {
            sites.Remove(instance);
            return;
        }
        if (Convergence.IsAlive(instance)) await engine.Stop(instance.Id, cancel);
        await engine.Remove(instance.Id, cancel);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The engine went away during a step for {Service} of {App}: {Reason}")]
    static partial void LogAway(ILogger log, AppName app, string service, string reason);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The engine refused to start {Service} of {App}: {Reason}")]
    static partial void LogRefused(ILogger log, AppName app, string service, string reason);

    [LoggerMessage(Level = LogLevel.Error, Message = "A step for {Service} of {App} failed and is tried again")]
    static partial void LogFailed(ILogger log, Exception error, AppName app, string service);
}
