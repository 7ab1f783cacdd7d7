using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

/// <summary>
/// What people and the builder may ask of an app. Each command checks, stores what is wanted in one transaction and wakes the reconciler, which
/// carries it out; none waits for that but <see cref="Remove"/>. Thread-safe.
/// </summary>
public sealed class Rollouts
{
    readonly Database.Database _database;
    readonly RolloutJournal _journal;
    readonly GrantedFiles _files;
    readonly Bells _bells;
    readonly TimeProvider _time;
    readonly Func<MachinePorts> _ports;
    readonly ConcurrentDictionary<long, CancellationTokenSource> _builds = new();

    internal Rollouts(Database.Database database, RolloutJournal journal, GrantedFiles files, Bells bells, TimeProvider time, Func<MachinePorts> ports) =>
        (_database, _journal, _files, _bells, _time, _ports) = (database, journal, files, bells, time, ports);

    /// <summary>
    /// Whether the model may have its hosts and ports, asked before work is put into it. <see cref="Stage"/> asks again, because they may be gone by then.
    /// </summary>
    /// <exception cref="ConflictException">Another app has one of them, or another program of the machine; the message names them all.</exception>
    public void CheckClaims(AppModel model)
    {
        var ports = _ports();
        _database.Read(db => { HostClaims.Check(db, model, ports); return true; });
    }

    /// <summary>
    /// Begins a rollout: <see cref="RolloutState.Queued"/>, until the builder takes it. A release that waits for its promote, and a canary, give way.
    /// </summary>
    /// <exception cref="ConflictException">Another rollout of the app is under way, or the app is being removed.</exception>
    public async Task<Rollout> Deploy(AppName app, DeploySource source, bool autoPromote, CancellationToken cancel, string? by = null)
    {
        var (rollout, superseded) = await _database.Write(db =>
        {
            var (stored, waiting) = Free(db, app, supersede: true);
            if (stored is null) db.Execute("INSERT INTO apps (app) VALUES (@app)", new { app = app.Value });
            return (ReleaseRows.Insert(db, New(app, RolloutKind.Deploy, RolloutState.Queued) with
            {
                From = stored?.Live,
                Source = source,
                AutoPromote = autoPromote,
                By = by,
            }), waiting);
        }, cancel);
        if (superseded is not null) Report(superseded, $"replaced by the deploy that is rollout {rollout.Id}");
        Report(rollout, null);
        _bells.RingBuilder();
        _bells.Ring(app);
        return rollout;
    }

    /// <summary>
    /// Waits for the next rollout whose images are to be built and marks it <see cref="RolloutState.Building"/>. After a server's death those that
    /// it was building come first. A rollout is handed out once by each server.
    /// </summary>
    public async Task<Rollout> TakeQueued(CancellationToken cancel)
    {
        while (true)
        {
            var taken = await _database.Write(db =>
            {
                if (ReleaseRows.ToBuild(db).FirstOrDefault(r => !_builds.ContainsKey(r.Id)) is not { } next) return null;
                next = next with { State = RolloutState.Building, Changed = _time.GetUtcNow() };
                ReleaseRows.Save(db, next);
                _builds.TryAdd(next.Id, new CancellationTokenSource());
                return next;
            }, cancel);
            if (taken is not null)
            {
                Report(taken, null);
                return taken;
            }
            await _bells.WaitForBuild(cancel);
        }
    }

    /// <summary>Cancelled when a rollout that is being built is aborted or its app removed.</summary>
    public CancellationToken CancellationOf(long rollout) => _builds.GetOrAdd(rollout, _ => new CancellationTokenSource()).Token;

    /// <summary>
    /// The images are in the registry: makes the release and begins to stage it.
    /// </summary>
    /// <param name="rollout">One that is <see cref="RolloutState.Building"/>.</param>
    /// <param name="model">The resolved model.</param>
    /// <param name="images">For each service its repository and digest.</param>
    /// <param name="facts">What each service's image says of itself.</param>
    /// <param name="cancel">Before anything is stored.</param>
    /// <returns>Null when nothing differs from the live release; the rollout is then done.</returns>
    /// <exception cref="InvalidInputException">A routed service has no port; a secret can't be read.</exception>
    /// <exception cref="ConflictException">Another app or program has the host or port; the rollout is no longer being built.</exception>
    public async Task<Release?> Stage(
        long rollout, AppModel model, IReadOnlyDictionary<string, string> images, IReadOnlyDictionary<string, ImageFacts> facts, CancellationToken cancel)
    {
        model = _files.Keep(ReleaseDraft.WithPorts(model, facts));
        var ports = _ports();
        var (release, changed) = await _database.Write(db =>
        {
            var current = ReleaseRows.FindRollout(db, rollout) ?? throw new NotFoundException($"There is no rollout {rollout}.");
            if (current.State != RolloutState.Building) throw new ConflictException($"Rollout {rollout} of {current.App} is {Word(current.State)}, not building; its images are not used.");
            var stored = ReleaseRows.Load(db, current.App)!;
            HostClaims.Check(db, model, ports);
            if (stored.LiveSlot is { } live && ReleaseDraft.IsSame(live.Release, model, images))
                return (null, Save(db, current with { State = RolloutState.Done, Release = live.Release.Number }));
            if (ReleaseStrategy.CanaryOf(model) is not null || ReleaseStrategy.MatchOf(model) is not null)
                db.Execute("UPDATE apps SET split_key = @key WHERE app = @app AND split_key IS NULL", new { app = current.App.Value, key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) });
            var made = ReleaseDraft.Store(db, stored, model, images, current.Source?.Note, _time.GetUtcNow());
            return ((Release?)made, Save(db, current with { State = RolloutState.Staging, Release = made.Number }));
        }, cancel);
        Report(changed, release is null ? $"Nothing changed: v{changed.Release} is live." : null);
        _bells.Ring(changed.App);
        return release;
    }

    /// <summary>The build failed. No error when the rollout ended meanwhile.</summary>
    public Task Fail(long rollout, string error, CancellationToken cancel) => EndBuild(rollout, RolloutState.Failed, error, cancel);

    /// <summary>
    /// Gives the staged release the traffic. Of a canary: gives the approval that it waits for, or goes on to its next step at once, past an approval.
    /// </summary>
    /// <param name="app">The app.</param>
    /// <param name="cancel">Before anything is stored.</param>
    /// <param name="toStep">Of a canary the step to go to, from 1; null: the next one.</param>
    /// <param name="by">The account that asks.</param>
    /// <exception cref="ConflictException">No release waits for it; the message says what is going on.</exception>
    /// <exception cref="InvalidInputException">There is no such step, or the canary is past it.</exception>
    public async Task<Rollout> Promote(AppName app, CancellationToken cancel, int? toStep = null, string? by = null) => await Change(app, db =>
    {
        var stored = Existing(db, app);
        if (CanaryCommands.Of(stored) is { } run) return CanaryCommands.Promote(run, toStep, by, _time.GetUtcNow());
        if (toStep is not null) throw new ConflictException($"Steps are what a canary has: {UnderWay(stored)}");
        return stored.Rollout switch
        {
            { State: RolloutState.Holding } waiting => waiting with { State = RolloutState.Promoting, AutoPromote = true },
            { } other => throw new ConflictException($"There is nothing to promote yet: {Doing(other)}"),
            null => throw new ConflictException($"There is nothing to promote: {(stored.Live is { } live ? $"v{live} of {app} is live and no other release is staged" : $"no release of {app} is staged")}. Deploy one first."),
        };
    }, cancel);

    /// <summary>Stops a canary's time where it is: the requests stay shared as they are, and the judge goes on looking.</summary>
    /// <exception cref="ConflictException">No canary is at a step whose time runs.</exception>
    public async Task<Rollout> Pause(AppName app, CancellationToken cancel) =>
        await Change(app, db => CanaryCommands.Pause(Running(db, app, "pause"), _time.GetUtcNow()), cancel);

    /// <summary>Lets the time of a canary that was paused run on.</summary>
    /// <exception cref="ConflictException">None was; the message says what it waits for instead.</exception>
    public async Task<Rollout> Resume(AppName app, CancellationToken cancel) =>
        await Change(app, db => CanaryCommands.Resume(Running(db, app, "resume"), _time.GetUtcNow()), cancel);

    /// <summary>
    /// Gives the traffic back to an earlier release: a warm one by a change of routes alone, a cold one by staging it anew from its stored digests.
    /// In the middle of a canary it gives all of it back to the live one, as <see cref="Abort"/> does.
    /// </summary>
    /// <param name="app">The app.</param>
    /// <param name="to">The release's number; null: the one that was live before.</param>
    /// <param name="cancel">Before anything is stored.</param>
    /// <exception cref="ConflictException">Another rollout is under way, or there is nothing to roll back to.</exception>
    /// <param name="by">The account that asks.</param>
    public async Task<Rollout> Rollback(AppName app, int? to, CancellationToken cancel, string? by = null)
    {
        var ports = _ports();
        return await Change(app, db => Rollback(db, app, to, ports, by), cancel);
    }

    Rollout Rollback(DbConnection db, AppName app, int? to, MachinePorts ports, string? by)
    {
        if (ReleaseRows.Load(db, app) is { } now && CanaryCommands.Of(now) is { } run && (to ?? run.Live.Release.Number) == run.Live.Release.Number)
            return Aborted(now, run.Rollout, by);
        var (stored, _) = Free(db, app, supersede: false);
        if (stored is null) throw Unknown(db, app);
        if (stored.LiveSlot is not { } live) throw new ConflictException($"{app} has no live release that could be rolled back.");
        var warm = stored.Slots.FirstOrDefault(s => s is { Standing: Standing.Warm, Leaving: Leaving.No });
        var number = to ?? warm?.Release.Number ?? db.ExecuteScalar<int?>(
            "SELECT max(number) FROM releases WHERE app = @app AND was_live = 1 AND number < @live", new { app = app.Value, live = live.Release.Number })
            ?? throw new ConflictException($"There is no release of {app} before v{live.Release.Number} to roll back to.");
        if (number == live.Release.Number) throw new ConflictException($"v{number} of {app} is live already.");
        var release = ReleaseRows.FindRelease(db, app, number) ?? throw new NotFoundException($"{app} has no release v{number}; it has {Numbers(db, app)}.");
        HostClaims.Check(db, release.Model, ports);
        return ReleaseRows.Insert(db, New(app, RolloutKind.Rollback, warm?.Release.Number == number ? RolloutState.Promoting : RolloutState.Staging) with
        {
            Release = number,
            From = live.Release.Number,
            AutoPromote = true,
            By = by,
        });
    }

    /// <summary>Ends the rollout that is under way. What is live stays live.</summary>
    /// <exception cref="ConflictException">None is, or its release is live already.</exception>
    public async Task<Rollout> Abort(AppName app, CancellationToken cancel, string? by = null)
    {
        var rollout = await Change(app, db =>
        {
            var stored = Existing(db, app);
            return Aborted(stored, stored.Rollout ?? throw new ConflictException($"No rollout of {app} is under way."), by);
        }, cancel);
        CancelBuild(rollout);
        return rollout;
    }

    /// <summary>Ends this rollout as <see cref="Abort"/> does. No error when it has ended.</summary>
    public async Task Cancel(long rollout, CancellationToken cancel, string? by = null)
    {
        var known = _database.Read(db => ReleaseRows.FindRollout(db, rollout)) ?? throw new NotFoundException($"There is no rollout {rollout}.");
        if (known.State.IsEnded) return;
        CancelBuild(await Change(known.App, db =>
        {
            var current = ReleaseRows.FindRollout(db, rollout)!;
            return current.State.IsEnded ? current : Aborted(ReleaseRows.Load(db, current.App)!, current, by);
        }, cancel));
    }

    /// <summary>Runs the service with so many instances, in this release and in those to come.</summary>
    /// <exception cref="InvalidInputException">The number can't be had for this service.</exception>
    public async Task Scale(AppName app, string service, int replicas, CancellationToken cancel)
    {
        await _database.Write(db =>
        {
            var stored = Existing(db, app);
            var model = (stored.LiveSlot ?? (stored.Slots is [var only, ..] ? only : null))?.Release.Model ?? throw new ConflictException($"{app} has no release yet.");
            var found = model.Find(service) ?? throw new NotFoundException($"{app} has no service '{service}'; it has {string.Join(", ", model.Services.Select(s => s.Name))}.");
            ReleaseDraft.CheckReplicas(found, replicas);
            var scales = new Dictionary<string, int>(stored.Scales) { [service] = replicas };
            db.Execute("UPDATE apps SET scales = @scales WHERE app = @app", new { app = app.Value, scales = ReleasesJson.Write(scales, ReleasesJson.Default.DictionaryStringInt32) });
            ReleaseRows.Touch(db, app);
        }, cancel);
        _bells.Ring(app);
    }

    /// <summary>
    /// Removes the app: its requests drain, its instances and networks go, then its history. Returns when it is gone; a caller that gives up
    /// waiting does not stop it. Until <see cref="ForgetRemoval"/> says that what others keep of it is gone too, its name is not free.
    /// </summary>
    public async Task Remove(AppName app, bool volumes, CancellationToken cancel)
    {
        var end = _bells.EndOf(app);
        var (cancelled, rollouts) = await _database.Write(db =>
        {
            var stored = Existing(db, app);
            db.Execute("UPDATE apps SET removing = CASE WHEN removing > @removing THEN removing ELSE @removing END WHERE app = @app", new { app = app.Value, removing = volumes ? 2 : 1 });
            db.Execute("INSERT INTO removals (app) VALUES (@app) ON CONFLICT DO NOTHING", new { app = app.Value });
            var ended = stored.Rollout is { } active ? Save(db, active with { State = RolloutState.Cancelled, Error = $"{app} is being removed." }) : null;
            ReleaseRows.Touch(db, app);
            return (ended, ReleaseRows.Rollouts(db, app));
        }, cancel);
        if (cancelled is not null)
        {
            Report(cancelled, cancelled.Error);
            CancelBuild(cancelled);
        }
        _bells.Ring(app);
        await end.WaitAsync(cancel);
        foreach (var rollout in rollouts) _journal.Delete(rollout.Id);
    }

    /// <summary>Apps that are being removed, and those that are gone while what others keep of them may not be.</summary>
    public IReadOnlyList<AppName> Removals() => _database.Read(db => (IReadOnlyList<AppName>)[.. db.Query<string>("SELECT app FROM removals ORDER BY app").Select(AppName.Parse)]);

    /// <summary>Whether nothing runs of an app any more, and nothing of it is stored.</summary>
    public bool IsGone(AppName app) => _database.Read(db => !ReleaseRows.HasApp(db, app));

    /// <summary>Nothing is left of a removed app anywhere: its name is free.</summary>
    public Task ForgetRemoval(AppName app, CancellationToken cancel) =>
        _database.Write(db => { db.Execute("DELETE FROM removals WHERE app = @app", new { app = app.Value }); }, cancel);

    async Task<Rollout> Change(AppName app, Func<DbConnection, Rollout> change, CancellationToken cancel)
    {
        var rollout = await _database.Write(db => Save(db, change(db)), cancel);
        Report(rollout, rollout.Error ?? StepOf(rollout));
        _bells.Ring(app);
        return rollout;
    }

    /// <summary>Where a canary has come to by a person's command.</summary>
    string? StepOf(Rollout rollout)
    {
        if (rollout is not { Canary: { } progress, Release: { } number, State: RolloutState.Shifting or RolloutState.Holding or RolloutState.Baking }) return null;
        if (progress.Hold == CanaryHold.Paused) return $"paused, with {CanarySteps.Percent(progress.Weight)} of the requests";
        return _database.Read(db => ReleaseRows.FindRelease(db, rollout.App, number)) is { } release && ReleaseStrategy.CanaryOf(release.Model) is { } policy ? CanaryWords.Of(policy, rollout.Step) : null;
    }

    async Task EndBuild(long rollout, RolloutState state, string error, CancellationToken cancel)
    {
        var ended = await _database.Write(db => ReleaseRows.FindRollout(db, rollout) is { State: RolloutState.Building or RolloutState.Queued } current
            ? Save(db, current with { State = state, Error = error }) : null, cancel);
        if (ended is null) return;
        Report(ended, error);
        _bells.Ring(ended.App);
    }

    /// <summary>The app with no rollout in the way.</summary>
    (StoredApp? Stored, Rollout? Superseded) Free(DbConnection db, AppName app, bool supersede)
    {
        if (ReleaseRows.Load(db, app) is not { } stored)
            return !ReleaseRows.HasRemoval(db, app) ? (null, null) : throw new ConflictException($"{app} is being removed. Try again when its images are gone.");
        if (stored.Removing) throw new ConflictException($"{app} is being removed. Try again when it is gone.");
        if (stored.Rollout is not { } rollout) return (stored, null);
        if (!supersede || (rollout.State != RolloutState.Holding && CanaryCommands.Of(stored) is null)) throw new ConflictException(Doing(rollout));
        db.Execute("UPDATE slots SET leaving = 1 WHERE app = @app AND standing = 'staged' AND leaving = 0", new { app = app.Value });
        CanaryRows.ForgetSamples(db, rollout.Id);
        return (stored, Save(db, CanaryMoves.Leave(rollout, RolloutState.Superseded, "superseded", null, _time.GetUtcNow())));
    }

    static CanaryRun Running(DbConnection db, AppName app, string what)
    {
        var stored = Existing(db, app);
        return CanaryCommands.Of(stored) ?? throw new ConflictException($"There is no canary to {what}: {UnderWay(stored)}");
    }

    static string UnderWay(StoredApp stored) => stored.Rollout is { } active ? Doing(active) : $"no rollout of {stored.App} is under way.";

    Rollout Aborted(StoredApp stored, Rollout rollout, string? by) => rollout.State switch
    {
        RolloutState.Queued or RolloutState.Building => rollout with { State = RolloutState.Cancelled, Error = "It was cancelled." },
        RolloutState.RollingBack => throw new ConflictException($"Rollout {rollout.Id} of {stored.App} is being rolled back already."),
        _ when stored.Live is not null && stored.Live == rollout.Release => throw new ConflictException(
            $"v{rollout.Release} of {stored.App} is live already. To go back: slipway rollback {stored.App}"),
        _ => CanaryMoves.Leave(rollout, RolloutState.RollingBack, "aborted", by, _time.GetUtcNow()) with { Error = by is null ? "It was aborted." : $"It was aborted by {by}." },
    };

    static string Doing(Rollout rollout)
    {
        var what = rollout.Release is { } number ? $" to v{number}" : "";
        var next = rollout.Canary is not null && rollout.State is RolloutState.Holding or RolloutState.Shifting or RolloutState.Baking
            ? $"Let it go on (slipway promote {rollout.App}) or end it (slipway abort {rollout.App}) first."
            : rollout.State == RolloutState.Holding
            ? $"Promote it (slipway promote {rollout.App}) or end it (slipway abort {rollout.App}) first."
            : $"Wait for its end, or end it: slipway abort {rollout.App}";
        return $"Rollout {rollout.Id} of {rollout.App}{what} is {Word(rollout.State)} since {rollout.Changed:yyyy-MM-dd HH:mm:ss} UTC. {next}";
    }

    static string Word(RolloutState state) => state == RolloutState.RollingBack ? "rolling back" : state == RolloutState.RolledBack ? "rolled back" : state.ToString().ToLowerInvariant();

    static StoredApp Existing(DbConnection db, AppName app) =>
        ReleaseRows.Load(db, app) is { } stored
            ? !stored.Removing ? stored : throw new ConflictException($"{app} is being removed.")
            : throw Unknown(db, app);

    static NotFoundException Unknown(DbConnection db, AppName app) => ReleaseRows.Apps(db) is { Count: > 0 } apps
        ? new NotFoundException($"There is no app '{app}'; there is {string.Join(", ", apps)}.")
        : new NotFoundException($"There is no app '{app}', nor any other yet.");

    static string Numbers(DbConnection db, AppName app) =>
        string.Join(", ", db.Query<int>("SELECT number FROM releases WHERE app = @app ORDER BY number", new { app = app.Value }).Select(n => $"v{n}"));

    Rollout New(AppName app, RolloutKind kind, RolloutState state) => new()
    {
        Id = 0,
        App = app,
        Kind = kind,
        State = state,
        Created = _time.GetUtcNow(),
        Changed = _time.GetUtcNow(),
    };

    Rollout Save(DbConnection db, Rollout rollout)
    {
        rollout = rollout with { Changed = _time.GetUtcNow() };
        ReleaseRows.Save(db, rollout);
        return rollout;
    }

    void Report(Rollout rollout, string? message) => _journal.Append(
        rollout.Id, new RolloutEvent.StateChanged { Time = rollout.Changed, State = rollout.State, Release = rollout.Release, Message = message });

    void CancelBuild(Rollout rollout)
    {
        if (rollout.State == RolloutState.Cancelled && _builds.TryGetValue(rollout.Id, out var build)) build.Cancel();
    }
}
