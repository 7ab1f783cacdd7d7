using Microsoft.Extensions.Logging;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Jobs;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// The control loop of one app: look at what is stored and what is, decide, take the steps, look again. Holds nothing that a new one could not
/// find out, so that it may be killed between any two instructions.
/// </summary>
sealed partial class AppLoop : IDisposable
{
    /// <summary>Of counts by which is decided whether an instance has drained: less than the time after which that is looked at again.</summary>
    static readonly TimeSpan DrainAge = TimeSpan.FromMilliseconds(200);
    static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    readonly AppName _app;
    readonly LoopServices _services;
    readonly Readiness _readiness;
    readonly AttemptLog _attempts = new();
    readonly RolloutReporter _reporter;
    readonly JobLog _jobLog;
    readonly StepExecutor _executor;
    int _failures;
    StoredApp? _stored;
    Plan _plan = Plan.Empty;

    public AppLoop(AppName app, LoopServices services)
    {
        (_app, _services) = (app, services);
        _readiness = new Readiness(services.Probe, services.Time, Wake);
        _reporter = new RolloutReporter(services.Journal, services.Time);
        _jobLog = new JobLog(services.Engine, services.Journal, services.Time);
        _executor = new StepExecutor(app, services.Engine, _jobLog, services.Transitions, services.Publisher, _reporter, _attempts, services.Time, Wake, services.Log);
    }

    /// <summary>Runs until the app is forgotten.</summary>
    public async Task Run(CancellationToken cancel)
    {
        while (true)
        {
            DateTimeOffset? next;
            try
            {
                var pass = await Pass(cancel);
                if (pass.IsGone) return;
                _failures = 0;
                if (pass.Acted) continue;
                next = pass.Next;
            }
            catch (Exception error) when (!cancel.IsCancellationRequested)
            {
                next = _services.Time.GetUtcNow() + Pause(++_failures);
                if (error is EngineUnavailableException or EngineException) LogEngineAway(_services.Log, _app, error.Message);
                else LogFailed(_services.Log, error, _app);
            }
            await WaitForWork(next, cancel);
        }
    }

    /// <summary>One look and the steps that follow from it.</summary>
    /// <exception cref="EngineUnavailableException">Nothing is known of the instances, so nothing was done and the routes stay.</exception>
    public async Task<PassResult> Pass(CancellationToken cancel)
    {
        if (_services.Database.Read(db => ReleaseRows.Load(db, _app, _stored)) is not { } stored) return new PassResult(false, null, true);
        var plan = ReferenceEquals(stored, _stored) ? _plan : WorkloadPlanner.Plan(stored, _services.RegistryAddress);
        (_stored, _plan) = (stored, plan);
        var acknowledged = _services.Publisher.Acknowledged;
        var observed = await Observe(cancel);
        IReadOnlyList<Instance> jobs = [.. observed.Where(i => i.Job is not null)];
        var instances = jobs.Count == 0 ? observed : [.. observed.Where(i => i.Job is null)];
        _attempts.Observe(plan, [.. instances.Where(i => !stored.Stopping.Contains(i.Id))], _services.Time.GetUtcNow());
        var now = _services.Time.GetUtcNow();
        var counts = AgeOf(stored, now) is { } age ? await _services.Reports.Of(_app, age, stored.RouteVersion, cancel) : null;
        var view = new AppView
        {
            Stored = stored,
            Plan = plan,
            Instances = instances,
            Jobs = jobs,
            Verdicts = _readiness.Judge(plan, instances),
            Attempts = _attempts.Snapshot(),
            Acknowledged = acknowledged,
            Reports = counts?.Reports,
            ReportedAt = counts?.At,
            // From before the report: what was asked for by this time is judged by it.
            Now = now,
        };
        _services.Observations.Set(view);
        await ReadJobs(view, cancel);
        var decision = AppDecision.Decide(view);
        _reporter.Seen(view, WaitsFor(view, decision));
        if (decision.Steps is [Step.Expire, ..]) LogExpired(_services.Log, _app);
        if (decision.Steps is [Step.Forget]) ForgetJournals();
        var acted = await _executor.Take(view, decision, cancel);
        // Behind the look, so that a gateway which was away isn't first given routes that the look has just found stale.
        if (!view.IsSettled) _services.Publisher.Poke();
        if (decision.Steps is [Step.Forget]) Forgotten(stored);
        return new PassResult(acted, Earliest(decision.Next, _readiness.NextByTime(plan, instances), view.IsSettled ? null : _services.Publisher.NextTry), false);
    }

    /// <summary>Starts the probes that are due; says when the next one is.</summary>
    public DateTimeOffset? Probe() => _readiness.StartDue();

    public void Dispose() => _readiness.Dispose();

    /// <summary>Waits for the bell or the time; probes go on meanwhile without a look at the engine, unless one of them changes a verdict.</summary>
    async Task WaitForWork(DateTimeOffset? next, CancellationToken cancel)
    {
        var resync = _services.Time.GetUtcNow() + _services.ResyncEvery;
        var end = Earliest(next, resync)!.Value;
        while (true)
        {
            var until = Earliest(end, Probe())!.Value;
            if (await _services.Bells.Wait(_app, until - _services.Time.GetUtcNow(), _services.Time, cancel)) return;
            if (_services.Time.GetUtcNow() >= end) return;
        }
    }

    /// <summary>What a job has written is in the journal before its end is.</summary>
    async Task ReadJobs(AppView view, CancellationToken cancel)
    {
        foreach (var job in view.Plan.Jobs)
            if (job is { Run: { State: JobState.Running or JobState.Stopping } run } && job.Find(view.Jobs) is { State: InstanceState.Running } running)
                await _jobLog.Read(running, run, JobLog.SecretsOf(job.Workload.Container), cancel);
    }

    async Task<IReadOnlyList<Instance>> Observe(CancellationToken cancel)
    {
        try
        {
            return await _services.Engine.Observe(_app, cancel);
        }
        catch (EngineUnavailableException)
        {
            // What is stored is the best that is known; the gateways get it without the engine, too.
            _services.Publisher.Poke();
            throw;
        }
    }

    /// <summary>An acknowledgement that is under way is not worth a word; one that does not come is, with the reason.</summary>
    string? WaitsFor(AppView view, Decision decision) =>
        decision.WaitsFor is null || (view.IsSettled && !decision.Steps.OfType<Step.SaveRoutes>().Any()) ? decision.WaitsFor
        : _services.Publisher.Trouble is { } trouble ? $"{decision.WaitsFor}: {trouble}" : null;

    /// <summary>How old counts may be that the look needs; null where it needs none.</summary>
    static TimeSpan? AgeOf(StoredApp stored, DateTimeOffset now) =>
        stored.Drains.Count > 0 || stored.Slots.Any(s => s.Leaving == Leaving.Draining) ? DrainAge
        : CanaryRun.Of(stored) is { } run && run.WantsReport(now) ? run.CountsAge
        : null;

    void Forgotten(StoredApp stored)
    {
        if (_services.Database.Read(db => ReleaseRows.HasApp(db, stored.App))) return;
        // The next app of this name is another one, whose releases have the same numbers.
        (_stored, _plan) = (null, Plan.Empty);
        _services.Observations.Forget(_app);
        _services.Bells.Ended(_app);
    }

    /// <summary>Before the rollouts themselves, so that a server which is killed here leaves no journal of nothing.</summary>
    void ForgetJournals()
    {
        foreach (var rollout in _services.Database.Read(db => ReleaseRows.Rollouts(db, _app))) _services.Journal.Delete(rollout.Id);
    }

    void Wake() => _services.Bells.Ring(_app);

    static TimeSpan Pause(int failures) => failures > 5 ? LongestPause : TimeSpan.FromSeconds(Math.Pow(2, failures - 1));

    static DateTimeOffset? Earliest(params ReadOnlySpan<DateTimeOffset?> times)
    {
        DateTimeOffset? earliest = null;
        foreach (var time in times)
            if (time is not null && (earliest is null || time < earliest)) earliest = time;
        return earliest;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{App} waits: {Reason}")]
    static partial void LogEngineAway(ILogger log, AppName app, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "{App} has come to its end and is removed")]
    static partial void LogExpired(ILogger log, AppName app);

    [LoggerMessage(Level = LogLevel.Error, Message = "A look at {App} failed and is repeated")]
    static partial void LogFailed(ILogger log, Exception error, AppName app);
}

/// <param name="Acted">Something was done: look again at once.</param>
/// <param name="Next">When to look again though nothing rings.</param>
/// <param name="IsGone">The app is no longer stored.</param>
readonly record struct PassResult(bool Acted, DateTimeOffset? Next, bool IsGone);
