using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Experiments;
using Slipway.Releases.Jobs;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>What is true of canaries, and what was: for people who watch one, and for those who look back.</summary>
public sealed class CanaryQueries
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    readonly Database.Database _database;
    readonly Observations _observations;
    readonly ReleaseQueries _releases;
    readonly IGateways _gateways;
    readonly TimeProvider _time;

    internal CanaryQueries(Database.Database database, Observations observations, ReleaseQueries releases, IGateways gateways, TimeProvider time) =>
        (_database, _observations, _releases, _gateways, _time) = (database, observations, releases, gateways, time);

    /// <summary>A canary with all its verdicts, and what the gateways have counted of it by now.</summary>
    /// <returns>Null where the rollout is no canary, or has not come to its first step.</returns>
    public async Task<CanaryStatus?> Of(long rollout, CancellationToken cancel)
    {
        var (found, policy, windows, stored, tally) = _database.Read(db => ReleaseRows.FindRollout(db, rollout) is { Canary: not null, Release: { } number } one && ReleaseRows.FindRelease(db, one.App, number) is { } release
            ? (one, ReleaseStrategy.CanaryOf(release.Model), CanaryRows.Windows(db, rollout), one.State.IsEnded ? null : ReleaseRows.Load(db, one.App), ExperimentRows.Find(db, rollout))
            : (null, null, [], null, null));
        if (found is null || policy is null) return null;
        var run = stored is null ? null : CanaryRun.Of(stored);
        var now = _time.GetUtcNow();
        var (window, sample) = run is { IsMeasured: true, Progress.Settled: not null } && _observations.Of(found.App) is { } seen ? await Now(seen, stored!, run, cancel) : (null, null);
        // What was counted since the last look belongs to it too, until its time is over.
        if (tally is not null && sample is not null && run?.Progress.Hold is null) tally = tally.Add(sample);
        return new CanaryStatus
        {
            Rollout = found,
            Policy = policy,
            Windows = windows,
            Left = run?.End is { } end ? end > now ? end - now : TimeSpan.Zero : null,
            Now = window,
            Experiment = ExperimentOf(tally, policy, found, run?.End),
        };
    }

    static Experiment? ExperimentOf(Tally? tally, CanaryPolicy? policy, Rollout rollout, DateTimeOffset? ends) =>
        tally is null || policy?.Ab is not { } ab ? null : ExperimentResults.Of(tally, ab, rollout.Release ?? 0, rollout.From ?? 0, ends);

    /// <summary>One release and how it was brought in. Null where there is no such release.</summary>
    public ReleaseReport? Report(AppName app, int number)
    {
        if (_releases.Releases(app).FirstOrDefault(r => r.Number == number) is not { } status) return null;
        return _database.Read(db =>
        {
            var rollouts = ReleaseRows.Rollouts(db, app).Where(r => r.Release == number).ToList();
            var canary = rollouts.FirstOrDefault(r => r.Canary is not null);
            var policy = ReleaseRows.FindRelease(db, app, number) is { } release ? ReleaseStrategy.CanaryOf(release.Model) : null;
            return new ReleaseReport
            {
                App = app,
                Release = status,
                Changes = ReleaseChangeRows.Find(db, app, number),
                Rollouts = rollouts,
                Jobs = [.. JobRows.Of(db, app).Where(j => j.Release == number).Select(JobWords.Shown)],
                Policy = policy,
                Experiment = canary is null ? null : ExperimentOf(ExperimentRows.Find(db, canary.Id), policy, canary, null),
                Windows = canary is null ? [] : CanaryRows.Windows(db, canary.Id),
            };
        });
    }

    async Task<(CanaryWindow? Window, TrafficSample? Sample)> Now(AppView seen, StoredApp stored, CanaryRun run, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            var view = seen with { Stored = stored, Reports = await _gateways.Report(limit.Token), ReportedAt = null, Now = _time.GetUtcNow() };
            var sample = CanarySteps.Sample(view, run);
            var (judgement, window) = CanarySteps.Look(view, run, sample);
            return (window with { Verdict = judgement.Verdict, Reason = judgement.Reason }, sample);
        }
        catch (Exception error) when (error is GatewayUnavailableException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return (null, null);
        }
    }
}
