using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Governing;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Storing;

/// <summary>
/// What the reconciler's steps change in the database, each in one transaction. A step that was decided by an older revision of the app
/// changes nothing: a person's command came between, and the next look decides anew.
/// </summary>
sealed class Transitions(Database.Database database, TimeProvider time)
{
    /// <returns>False when the step was void.</returns>
    public async Task<bool> Take(StoredApp seen, Step step, string? error, CancellationToken cancel)
    {
        return await database.Write(db =>
        {
            var revision = db.QuerySingleOrDefault<long?>("SELECT revision FROM apps WHERE app = @app", new { app = seen.App.Value });
            if (revision != seen.Revision) return false;
            Take(db, seen, step, error);
            if (step is not Step.Forget) ReleaseRows.Touch(db, seen.App);
            return true;
        }, cancel);
    }

    void Take(DbConnection db, StoredApp seen, Step step, string? error)
    {
        var app = seen.App.Value;
        var now = time.GetUtcNow();
        var since = now.ToUnixTimeMilliseconds();
        switch (step)
        {
            case Step.SaveRoutes routes:
                RouteRows.Save(db, seen.App, routes.Routes);
                // One that gets requests again starts its next drain from the beginning.
                db.Execute(
                    "DELETE FROM drains WHERE app = @app AND instance IN @back",
                    new { app, back = routes.Routes.SelectMany(r => r.Upstreams).Select(u => u.Instance).Distinct().ToList() });
                break;
            case Step.BeginDrain drain:
                db.Execute("INSERT INTO drains (app, instance, since) VALUES (@app, @instance, @since) ON CONFLICT DO NOTHING", new { app, instance = drain.Instance.Id, since });
                break;
            case Step.BeginStop stop:
                db.Execute(
                    "INSERT INTO drains (app, instance, since, stopping) VALUES (@app, @instance, @since, 1) ON CONFLICT (app, instance) DO UPDATE SET stopping = 1",
                    new { app, instance = stop.Instance.Id, since });
                break;
            case Step.EndDrain gone:
                db.Execute("DELETE FROM drains WHERE app = @app AND instance = @instance", new { app, instance = gone.Instance });
                break;
            case Step.TakeSlot take:
                db.Execute(
                    "INSERT INTO slots (app, slot, release, standing, since, origins) VALUES (@app, @slot, @release, 'staged', @since, @origins)",
                    new { app, slot = take.Slot.Name, release = take.Release.Number, since, origins = ReleasesJson.Write(take.Origins.ToDictionary(), ReleasesJson.Default.DictionaryStringInt32) });
                break;
            case Step.Clear clear:
                db.Execute("UPDATE slots SET leaving = @leaving WHERE app = @app AND slot = @slot", new { app, slot = clear.Slot.Name, leaving = (int)clear.Leaving });
                break;
            case Step.FreeSlot free:
                db.Execute("DELETE FROM slots WHERE app = @app AND slot = @slot AND leaving = 2", new { app, slot = free.Slot.Name });
                break;
            case Step.Hold hold:
                db.Execute("UPDATE apps SET holder = @slot WHERE app = @app", new { app, slot = hold.Slot.Name });
                // The gates of what is started now are counted from now.
                ReleaseRows.Save(db, seen.Rollout! with { Changed = now });
                break;
            case Step.GoLive live:
                GoLive(db, seen, live, now);
                break;
            case Step.Advance advance:
                ReleaseRows.Save(db, seen.Rollout! with { Step = advance.To, Changed = now });
                break;
            case Step.Move move:
                ReleaseRows.Save(db, seen.Rollout! with { State = move.State, Error = move.State == RolloutState.Done ? null : seen.Rollout!.Error, Changed = now });
                if (move.State.IsEnded) CanaryRows.ForgetSamples(db, seen.Rollout!.Id);
                if (move.State == RolloutState.Done) ForgetOld(db, seen);
                break;
            case Step.Gate gate:
                ReleaseRows.Save(db, gate.Asks is { } rule ? Gates.Ask(seen.Rollout!, rule, now) : Gates.Open(seen.Rollout!, now));
                break;
            case Step.EnterStep or Step.BeginStep or Step.Record or Step.HoldOn or Step.GoOn or Step.LeaveSteps:
                Canary(db, seen, step, now);
                break;
            case Step.Fail fail:
                ReleaseRows.Save(db, CanaryMoves.Leave(seen.Rollout!, RolloutState.RollingBack, fail.How, null, now) with { Error = error });
                break;
            case Step.Expire:
                if (seen.Rollout is { } waiting) ReleaseRows.Save(db, waiting with { State = RolloutState.Cancelled, Error = $"{seen.App} has come to its end.", Changed = now });
                RemovalRows.Begin(db, seen.App, volumes: true);
                break;
            case Step.Thaw:
                FreezeRows.Expire(db, seen.App, now);
                break;
            case Step.HoldOneWay hold:
                var failed = seen.Rollout! with { OneWay = new OneWayHold(hold.Reason, now) };
                ReleaseRows.Save(db, failed.Canary is null ? failed with { State = RolloutState.Holding, Changed = now } : CanaryMoves.Hold(failed, CanaryHold.OneWay, now));
                break;
            case Step.StoreJob job:
                JobRows.Save(db, seen.App, job.Run);
                break;
            case Step.EndJob end:
                JobRows.Save(db, seen.App, end.Run);
                break;
            case Step.Forget:
                ReleaseEventRows.Add(db, new ReleaseEvent { Time = now, Type = ReleaseEvents.Removed, App = seen.App });
                CanaryRows.Forget(db, seen.App);
                ExperimentRows.Forget(db, seen.App);
                foreach (var table in (string[])["rollouts", "releases", "release_changes", "slots", "drains", "release_jobs", "app_routes", "previews", "apps"])
                    db.Execute($"DELETE FROM {table} WHERE app = @app", new { app });
                break;
        }
    }

    static void Canary(DbConnection db, StoredApp seen, Step step, DateTimeOffset now)
    {
        var (rollout, policy) = (seen.Rollout!, ReleaseStrategy.CanaryOf(seen.Target!.Model)!);
        var (window, sample) = step switch
        {
            Step.BeginStep begin => (null, begin.Sample),
            Step.Record record => (record.Window, record.Sample),
            _ => ((CanaryWindow?)null, (TrafficSample?)null),
        };
        if (window is not null) CanaryRows.Add(db, rollout.Id, window);
        if (window is { Verdict: JudgeVerdict.Fail }) ReleaseEventRows.Add(db, RolloutChanges.Of(rollout, ReleaseEvents.JudgeFailed, null, window.Reason) with { Time = now });
        if (sample is not null) CanaryRows.Add(db, rollout.Id, sample, sample.At - policy.Judge.Window - (2 * policy.Judge.Every));
        // What comes after its end is no part of the experiment.
        if (sample is not null && policy.Ab is not null && rollout.Canary?.Hold is null) ExperimentRows.Save(db, rollout.Id, seen.Tally?.Add(sample) ?? Experiments.Tally.Begin(sample));
        var next = step switch
        {
            Step.EnterStep enter => CanaryMoves.Enter(rollout, policy, enter.To, "passed", null, now, enter.OnlyApprovals),
            // From the sample on: a window reaches back to it.
            Step.BeginStep => CanaryMoves.Begin(rollout, sample?.At ?? now),
            Step.HoldOn hold => CanaryMoves.Hold(rollout, hold.Why, now),
            Step.GoOn => CanaryMoves.GoOn(rollout, policy, now),
            Step.LeaveSteps => CanaryMoves.Leave(rollout, RolloutState.Promoting, "passed", null, now),
            _ => rollout,
        };
        if (next != rollout) ReleaseRows.Save(db, next);
    }

    static void GoLive(DbConnection db, StoredApp seen, Step.GoLive live, DateTimeOffset now)
    {
        var (app, since) = (seen.App.Value, now.ToUnixTimeMilliseconds());
        var next = seen.In(live.Slot)!.Release;
        db.Execute(
            "UPDATE slots SET standing = 'warm', since = @since, leaving = @leaving WHERE app = @app AND slot <> @slot",
            new { app, slot = live.Slot.Name, since, leaving = (int)(live.KeepOldWarm ? Leaving.No : Leaving.Draining) });
        db.Execute("UPDATE slots SET standing = 'live', since = @since, leaving = 0 WHERE app = @app AND slot = @slot", new { app, slot = live.Slot.Name, since });
        db.Execute("UPDATE apps SET live = @number, holder = @slot WHERE app = @app", new { app, number = next.Number, slot = live.Slot.Name });
        db.Execute("UPDATE releases SET was_live = 1 WHERE app = @app AND number = @number", new { app, number = next.Number });
        ReleaseRows.Save(db, seen.Rollout! with { State = RolloutState.Promoting, Changed = now });
    }

    /// <summary>Keeps the newest releases and everything that runs.</summary>
    static void ForgetOld(DbConnection db, StoredApp seen)
    {
        if (seen.LiveSlot is not { } live) return;
        db.Execute(
            """
            DELETE FROM releases WHERE app = @app
              AND number NOT IN (SELECT release FROM slots WHERE app = @app)
              AND number NOT IN (SELECT number FROM releases WHERE app = @app ORDER BY number DESC LIMIT @keep)
            """,
            new { app = seen.App.Value, keep = Math.Max(1, ReleaseStrategy.Kept(live.Release.Model)) });
        db.Execute("DELETE FROM release_changes WHERE app = @app AND number NOT IN (SELECT number FROM releases WHERE app = @app)", new { app = seen.App.Value });
        CanaryRows.ForgetOld(db, seen.App);
        JobRows.ForgetOld(db, seen.App);
        ExperimentRows.ForgetOld(db, seen.App);
    }
}
