using System.Collections.Concurrent;
using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Governing;
using Slipway.Releases.Jobs;
using Slipway.Releases.Previewing;
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

    /// <summary>Whether a release of the model may be promoted as soon as it is ready.</summary>
    /// <exception cref="ForbiddenException">Its steps ask for approvals by certain people, and who asks doesn't go on despite them.</exception>
    public static void CheckApprovals(AppModel model, Asker by)
    {
        if (!by.DespiteApprovals && Approvals.Strict(ReleaseStrategy.CanaryOf(model)) is { } wanted)
            throw new ForbiddenException($"{model.Name} can't be promoted at once: its steps ask for {wanted}. Deploy it without --promote; it goes by its steps then.");
    }

    /// <summary>
    /// Begins a rollout: <see cref="RolloutState.Queued"/>, until the builder takes it. A release that waits for its promote, and a canary, give way.
    /// </summary>
    /// <exception cref="ConflictException">Another rollout of the app is under way, the app is frozen, or it is being removed.</exception>
    public Task<Rollout> Deploy(AppName app, DeploySource source, bool autoPromote, CancellationToken cancel, Asker? by = null) =>
        Deploy(app, source, autoPromote, null, by, cancel);

    /// <param name="preview">Not null: of a preview.</param>
    internal async Task<Rollout> Deploy(AppName app, DeploySource source, bool autoPromote, PreviewOrder? preview, Asker? by, CancellationToken cancel)
    {
        var (rollout, superseded) = await _database.Write(db =>
        {
            FreezeRows.Check(db, app, by, _time.GetUtcNow());
            var (stored, waiting) = Free(db, app, supersede: true, by?.Name);
            if (preview is null) PreviewClaim.CheckOrdinary(db, app, stored is null);
            else PreviewClaim.Take(db, preview, stored is null, by?.Name, _time.GetUtcNow());
            if (stored is null) db.Execute("INSERT INTO apps (app) VALUES (@app)", new { app = app.Value });
            return (ReleaseRows.Insert(db, New(app, RolloutKind.Deploy, RolloutState.Queued) with
            {
                From = stored?.Live,
                Source = source,
                AutoPromote = autoPromote,
                By = by?.Name,
                DespiteFreeze = by is { DespiteFreeze: true },
                DespiteApprovals = by is { DespiteApprovals: true },
            }), waiting);
        }, cancel);
        if (superseded is not null) Report(superseded, $"replaced by the deploy that is rollout {rollout.Id}", by?.Name);
        Report(rollout, null, by?.Name);
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
    /// <param name="git">What git says of the folder; null: nothing.</param>
    /// <returns>Null when nothing differs from the live release; the rollout is then done.</returns>
    /// <exception cref="InvalidInputException">A routed service has no port; a secret can't be read.</exception>
    /// <exception cref="ConflictException">Another app or program has the host or port; the rollout is no longer being built.</exception>
    public async Task<Release?> Stage(
        long rollout, AppModel model, IReadOnlyDictionary<string, string> images, IReadOnlyDictionary<string, ImageFacts> facts, CancellationToken cancel, GitFacts? git = null)
    {
        model = _files.Keep(ReleaseDraft.WithPorts(model, facts));
        var (ports, isBound) = (_ports(), false);
        var (release, changed) = await _database.Write(db =>
        {
            var current = ReleaseRows.FindRollout(db, rollout) ?? throw new NotFoundException($"There is no rollout {rollout}.");
            if (current.State != RolloutState.Building) throw new ConflictException($"Rollout {rollout} of {current.App} is {Word(current.State)}, not building; its images are not used.");
            var stored = ReleaseRows.Load(db, current.App)!;
            HostClaims.Check(db, model, ports);
            if (stored.LiveSlot is { } live && ReleaseDraft.IsSame(live.Release, model, images))
                return (null, Save(db, current with { State = RolloutState.Done, Release = live.Release.Number }));
            if (ReleaseStrategy.CanaryOf(model) is not null || ReleaseStrategy.MatchOf(model) is not null || model.Services.Any(s => s.Release.Route?.Affinity is not null))
                db.Execute("UPDATE apps SET split_key = @key WHERE app = @app AND split_key IS NULL", new { app = current.App.Value, key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) });
            var made = ReleaseDraft.Store(db, stored, model, images, current.Source?.Note, _time.GetUtcNow());
            ReleaseChangeRows.Add(db, current, stored.LiveSlot?.Release, made, git);
            // Who may deploy is not always who may approve: the file's steps are gone through.
            isBound = current is { AutoPromote: true, DespiteApprovals: false } && Approvals.Strict(ReleaseStrategy.CanaryOf(model)) is not null;
            return ((Release?)made, Save(db, current with { State = RolloutState.Staging, Release = made.Number, AutoPromote = current.AutoPromote && !isBound }));
        }, cancel);
        Report(changed, release is null ? $"Nothing changed: v{changed.Release} is live." : null);
        if (release is not null && isBound) _journal.Append(rollout, new RolloutEvent.Note { Time = changed.Changed, Severity = Severity.Warning, Text = "its steps ask for approvals: it goes by them, and is not promoted at once" });
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
    /// <param name="by">Who asks.</param>
    /// <exception cref="ConflictException">No release waits for it, or the app is frozen; the message says what is going on.</exception>
    /// <exception cref="ForbiddenException">An approval on the way is not his to give.</exception>
    /// <exception cref="InvalidInputException">There is no such step, or the canary is past it.</exception>
    public async Task<Rollout> Promote(AppName app, CancellationToken cancel, int? toStep = null, Asker? by = null) => await Change(app, db =>
    {
        var stored = Existing(db, app);
        FreezeRows.Check(db, app, by, _time.GetUtcNow());
        if (CanaryCommands.Of(stored) is { } run)
            return OneWayCommands.Pardoned(OneWayCommands.BackToItsApproval(run, toStep) ?? CanaryCommands.Promote(run, toStep, by ?? new Asker(), _time.GetUtcNow()), _time.GetUtcNow());
        if (toStep is not null) throw new ConflictException($"Steps are what a canary has: {UnderWay(stored)}");
        return stored.Rollout switch
        {
            { State: RolloutState.Holding, OneWay: not null } held => OneWayCommands.Pardoned(OneWayCommands.GoOn(stored, held), _time.GetUtcNow()),
            { State: RolloutState.Holding } when Gates.Needed(stored) is { } rule => Gates.Give(stored, rule, by ?? new Asker(), _time.GetUtcNow()),
            { State: RolloutState.Holding } waiting => waiting with { State = RolloutState.Promoting, AutoPromote = true, DespiteFreeze = waiting.DespiteFreeze || by is { DespiteFreeze: true } },
            { } other => throw new ConflictException($"There is nothing to promote yet: {Doing(other)}"),
            null => throw new ConflictException($"There is nothing to promote: {(stored.Live is { } live ? $"v{live} of {app} is live and no other release is staged" : $"no release of {app} is staged")}. Deploy one first."),
        };
    }, cancel, by?.Name);

    /// <summary>Stops a canary's time where it is: the requests stay shared as they are, and the judge goes on looking.</summary>
    /// <exception cref="ConflictException">No canary is at a step whose time runs.</exception>
    public async Task<Rollout> Pause(AppName app, CancellationToken cancel, string? by = null) =>
        await Change(app, db => CanaryCommands.Pause(Running(db, app, "pause"), by, _time.GetUtcNow()), cancel, by);

    /// <summary>Lets the time of a canary that was paused run on.</summary>
    /// <exception cref="ConflictException">None was, or the app is frozen; the message says what it waits for instead.</exception>
    public async Task<Rollout> Resume(AppName app, CancellationToken cancel, Asker? by = null) => await Change(app, db =>
    {
        var run = Running(db, app, "resume");
        FreezeRows.Check(db, app, by, _time.GetUtcNow());
        return CanaryCommands.Resume(run, by ?? new Asker(), _time.GetUtcNow());
    }, cancel, by?.Name);

    /// <summary>
    /// Gives the traffic back to an earlier release: a warm one by a change of routes alone, a cold one by staging it anew from its stored digests.
    /// In the middle of a canary it gives all of it back to the live one, as <see cref="Abort"/> does.
    /// </summary>
    /// <param name="app">The app.</param>
    /// <param name="to">The release's number; null: the one that was live before.</param>
    /// <param name="cancel">Before anything is stored.</param>
    /// <exception cref="ConflictException">Another rollout is under way, there is nothing to roll back to, or a one-way step lies between.</exception>
    /// <exception cref="ForbiddenException">It was never live, and would be without the approvals that it asks for.</exception>
    /// <param name="by">Who asks.</param>
    /// <param name="pastOneWay">Also past a one-way step.</param>
    public async Task<Rollout> Rollback(AppName app, int? to, CancellationToken cancel, Asker? by = null, bool pastOneWay = false)
    {
        var ports = _ports();
        return await Change(app, db => Rollback(db, app, to, ports, by, pastOneWay), cancel, by?.Name);
    }

    Rollout Rollback(DbConnection db, AppName app, int? to, MachinePorts ports, Asker? by, bool pastOneWay)
    {
        if (ReleaseRows.Load(db, app) is { } now && CanaryCommands.Of(now) is { } run && (to ?? run.Live.Release.Number) == run.Live.Release.Number)
            return Aborted(now, run.Rollout, by?.Name, pastOneWay);
        var (stored, _) = Free(db, app, supersede: false);
        if (stored is null) throw Unknown(db, app);
        if (stored.LiveSlot is not { } live) throw new ConflictException($"{app} has no live release that could be rolled back.");
        var warm = stored.Slots.FirstOrDefault(s => s is { Standing: Standing.Warm, Leaving: Leaving.No });
        var number = to ?? warm?.Release.Number ?? db.ExecuteScalar<int?>(
            "SELECT max(number) FROM releases WHERE app = @app AND was_live = 1 AND number < @live", new { app = app.Value, live = live.Release.Number })
            ?? throw new ConflictException($"There is no release of {app} before v{live.Release.Number} to roll back to.");
        if (number == live.Release.Number) throw new ConflictException($"v{number} of {app} is live already.");
        var release = ReleaseRows.FindRelease(db, app, number) ?? throw new NotFoundException($"{app} has no release v{number}; it has {Numbers(db, app)}.");
        CheckForward(db, release, live.Release.Number, by);
        OneWayCommands.CheckRollback(stored, live.Release.Number, release, pastOneWay);
        HostClaims.Check(db, release.Model, ports);
        return ReleaseRows.Insert(db, New(app, RolloutKind.Rollback, warm?.Release.Number == number ? RolloutState.Promoting : RolloutState.Staging) with
        {
            Release = number,
            From = live.Release.Number,
            AutoPromote = true,
            By = by?.Name,
            DespiteFreeze = by is { DespiteFreeze: true },
            DespiteApprovals = by is { DespiteApprovals: true },
        });
    }

    /// <summary>Back to what has been live goes at any time. Anything else that is asked for by a release's number brings something new in.</summary>
    void CheckForward(DbConnection db, Release to, int live, Asker? by)
    {
        var wasLive = db.ExecuteScalar<long>("SELECT was_live FROM releases WHERE app = @app AND number = @number", new { app = to.App.Value, number = to.Number }) > 0;
        if (wasLive && to.Number < live) return;
        FreezeRows.Check(db, to.App, by, _time.GetUtcNow());
        if (!wasLive && by is not { DespiteApprovals: true } && Gates.Strict(ApprovalRows.Of(db, to.App), to.Model) is { } wanted)
            throw new ForbiddenException($"v{to.Number} of {to.App} was never live, and asks for {wanted}: a rollback to it would go without. Deploy it anew.");
    }

    /// <summary>Ends the rollout that is under way. What is live stays live.</summary>
    /// <exception cref="ConflictException">None is, its release is live already, or it took a one-way step and has had requests.</exception>
    /// <param name="pastOneWay">Also past a one-way step.</param>
    public async Task<Rollout> Abort(AppName app, CancellationToken cancel, string? by = null, bool pastOneWay = false)
    {
        var rollout = await Change(app, db =>
        {
            var stored = Existing(db, app);
            return Aborted(stored, stored.Rollout ?? throw new ConflictException($"No rollout of {app} is under way."), by, pastOneWay);
        }, cancel, by);
        CancelBuild(rollout);
        return rollout;
    }

    /// <summary>Ends this rollout as <see cref="Abort"/> does. No error when it has ended.</summary>
    /// <param name="onlyBuild">Only while it has no release yet: one that has goes on, and that is no error either.</param>
    public async Task Cancel(long rollout, CancellationToken cancel, string? by = null, bool onlyBuild = false)
    {
        var known = _database.Read(db => ReleaseRows.FindRollout(db, rollout)) ?? throw new NotFoundException($"There is no rollout {rollout}.");
        if (known.State.IsEnded) return;
        var aborted = await _database.Write(db =>
        {
            var current = ReleaseRows.FindRollout(db, rollout)!;
            if (current.State.IsEnded || (onlyBuild && current.State is not (RolloutState.Queued or RolloutState.Building))) return null;
            return Save(db, Aborted(ReleaseRows.Load(db, current.App)!, current, by, pastOneWay: false), by);
        }, cancel);
        if (aborted is null) return;
        Report(aborted, aborted.Error, by);
        _bells.Ring(aborted.App);
        CancelBuild(aborted);
    }

    /// <summary>Runs the service with so many instances, in this release and in those to come.</summary>
    /// <exception cref="InvalidInputException">The number can't be had for this service.</exception>
    /// <exception cref="ConflictException">The app is frozen, has no release yet, or is being removed.</exception>
    public async Task Scale(AppName app, string service, int replicas, CancellationToken cancel, Asker? by = null)
    {
        await _database.Write(db =>
        {
            var stored = Existing(db, app);
            FreezeRows.Check(db, app, by, _time.GetUtcNow());
            var model = (stored.LiveSlot ?? (stored.Slots is [var only, ..] ? only : null))?.Release.Model ?? throw new ConflictException($"{app} has no release yet.");
            var found = model.Find(service) ?? throw new NotFoundException($"{app} has no service '{service}'; it has {string.Join(", ", model.Services.Select(s => s.Name))}.");
            ReleaseDraft.CheckReplicas(found, replicas);
            var scales = new Dictionary<string, int>(stored.Scales) { [service] = replicas };
            db.Execute("UPDATE apps SET scales = @scales WHERE app = @app", new { app = app.Value, scales = ReleasesJson.Write(scales, ReleasesJson.Default.DictionaryStringInt32) });
            ReleaseEventRows.Add(db, new ReleaseEvent { Time = _time.GetUtcNow(), Type = ReleaseEvents.Scaled, App = app, Release = stored.Live, By = by?.Name, Text = $"{service} to {replicas}" });
            ReleaseRows.Touch(db, app);
        }, cancel);
        _bells.Ring(app);
    }

    /// <summary>
    /// Removes the app, and its previews with their volumes: requests drain, instances and networks go, then the history. Returns when all is gone; a caller
    /// that gives up waiting does not stop it. Until <see cref="ForgetRemoval"/> says that what others keep of it is gone too, its name is not free.
    /// </summary>
    /// <exception cref="ConflictException">The app is frozen, or is being removed already.</exception>
    public async Task Remove(AppName app, bool volumes, CancellationToken cancel, Asker? by = null)
    {
        var removed = await _database.Write(db =>
        {
            Existing(db, app);
            FreezeRows.Check(db, app, by, _time.GetUtcNow());
            return (List<(AppName App, Rollout? Cancelled, IReadOnlyList<Rollout> Rollouts, Task End)>)
            [
                .. PreviewRows.Of(db, app).Select(preview => BeginRemoval(db, preview.App, volumes: true, by?.Name)),
                BeginRemoval(db, app, volumes || PreviewRows.Find(db, app) is not null, by?.Name),
            ];
        }, cancel);
        foreach (var (one, cancelled, _, _) in removed)
        {
            if (cancelled is not null)
            {
                Report(cancelled, cancelled.Error);
                CancelBuild(cancelled);
            }
            _bells.Ring(one);
        }
        await Task.WhenAll(removed.Select(one => one.End)).WaitAsync(cancel);
        // Again: a build that was cancelled may have had something left to say.
        foreach (var rollout in removed.SelectMany(one => one.Rollouts)) _journal.Delete(rollout.Id);
    }

    (AppName App, Rollout? Cancelled, IReadOnlyList<Rollout> Rollouts, Task End) BeginRemoval(DbConnection db, AppName app, bool volumes, string? by)
    {
        RemovalRows.Begin(db, app, volumes);
        var ended = ReleaseRows.ActiveRollout(db, app) is { } active ? Save(db, active with { State = RolloutState.Cancelled, Error = $"{app} is being removed." }, by) : null;
        return (app, ended, ReleaseRows.Rollouts(db, app), _bells.EndOf(app));
    }

    /// <summary>Apps that are being removed, and those that are gone while what others keep of them may not be.</summary>
    public IReadOnlyList<AppName> Removals() => _database.Read(db => (IReadOnlyList<AppName>)[.. db.Query<string>("SELECT app FROM removals ORDER BY app").Select(AppName.Parse)]);

    /// <summary>Whether nothing runs of an app any more, and nothing of it is stored.</summary>
    public bool IsGone(AppName app) => _database.Read(db => !ReleaseRows.HasApp(db, app));

    /// <summary>Nothing is left of a removed app anywhere: its name is free.</summary>
    public Task ForgetRemoval(AppName app, CancellationToken cancel) =>
        _database.Write(db => { db.Execute("DELETE FROM removals WHERE app = @app", new { app = app.Value }); }, cancel);

    async Task<Rollout> Change(AppName app, Func<DbConnection, Rollout> change, CancellationToken cancel, string? by = null)
    {
        var rollout = await _database.Write(db => Save(db, change(db), by), cancel);
        Report(rollout, rollout.Error ?? StepOf(rollout), by);
        _bells.Ring(app);
        return rollout;
    }

    /// <summary>Where a canary has come to by a person's command.</summary>
    string? StepOf(Rollout rollout)
    {
        if (rollout is { State: RolloutState.Holding, Gate.Asks: { } asks }) return $"it waits for {ApprovalWords.Wanted(asks)}" + (rollout.Gate.Approvals is { Count: > 0 } given ? $"; {ApprovalWords.Given(asks, given)}" : "");
        if (rollout is not { Canary: { } progress, Release: { } number, State: RolloutState.Shifting or RolloutState.Holding or RolloutState.Baking }) return null;
        if (progress.Hold == CanaryHold.Paused) return $"paused, with {CanarySteps.Percent(progress.Weight)} of the requests";
        if (progress is { Hold: CanaryHold.Approval, Approvals.Count: > 0 }) return ApprovalWords.Given(progress.Asks, progress.Approvals);
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
    (StoredApp? Stored, Rollout? Superseded) Free(DbConnection db, AppName app, bool supersede, string? by = null)
    {
        if (ReleaseRows.Load(db, app) is not { } stored)
            return !ReleaseRows.HasRemoval(db, app) ? (null, null) : throw new ConflictException($"{app} is being removed. Try again when its images are gone.");
        if (stored.Removing) throw new ConflictException($"{app} is being removed. Try again when it is gone.");
        if (stored.Rollout is not { } rollout) return (stored, null);
        if (!supersede || !GivesWay(stored, rollout)) throw new ConflictException(Doing(rollout));
        db.Execute("UPDATE slots SET leaving = 1 WHERE app = @app AND standing = 'staged' AND leaving = 0", new { app = app.Value });
        CanaryRows.ForgetSamples(db, rollout.Id);
        return (stored, Save(db, CanaryMoves.Leave(rollout, RolloutState.Superseded, "superseded", by, _time.GetUtcNow()), by));
    }

    /// <summary>Whether a deploy may end it: it waits for a person, or is a canary. Not one that holds with the instances of two releases serving.</summary>
    internal static bool GivesWay(StoredApp stored, Rollout rollout) =>
        (rollout.State == RolloutState.Holding || CanaryCommands.Of(stored) is not null) && !(rollout.Canary is null && Shift.IsUnderWay(rollout));

    static CanaryRun Running(DbConnection db, AppName app, string what)
    {
        var stored = Existing(db, app);
        return CanaryCommands.Of(stored) ?? throw new ConflictException($"There is no canary to {what}: {UnderWay(stored)}");
    }

    static string UnderWay(StoredApp stored) => stored.Rollout is { } active ? Doing(active) : $"no rollout of {stored.App} is under way.";

    Rollout Aborted(StoredApp stored, Rollout rollout, string? by, bool pastOneWay) => rollout.State switch
    {
        RolloutState.Queued or RolloutState.Building => rollout with { State = RolloutState.Cancelled, Error = "It was cancelled." },
        RolloutState.RollingBack => throw new ConflictException($"Rollout {rollout.Id} of {stored.App} is being rolled back already."),
        _ when stored.Live is not null && stored.Live == rollout.Release => throw new ConflictException(
            $"v{rollout.Release} of {stored.App} is live already. To go back: slipway rollback {stored.App}"),
        _ => CanaryMoves.Leave(rollout, RolloutState.RollingBack, "aborted", by, _time.GetUtcNow()) with { OneWay = null, Error = (by is null ? "It was aborted." : $"It was aborted by {by}.") + OneWayCommands.CheckAbort(stored, pastOneWay) },
    };

    internal static string Doing(Rollout rollout)
    {
        var what = rollout.Release is { } number ? $" to v{number}" : "";
        var next = rollout.Canary is not null && rollout.State is RolloutState.Holding or RolloutState.Shifting or RolloutState.Baking
            ? $"Let it go on (slipway promote {rollout.App}) or end it (slipway abort {rollout.App}) first."
            : rollout is { State: RolloutState.Holding, OneWay: not null }
            ? $"Let it go on (slipway promote {rollout.App}) or take it back (slipway abort {rollout.App} --past-one-way) first."
            : rollout.State == RolloutState.Holding
            ? $"Promote it (slipway promote {rollout.App}) or end it (slipway abort {rollout.App}) first."
            : $"Wait for its end, or end it: slipway abort {rollout.App}";
        return $"Rollout {rollout.Id} of {rollout.App}{what} is {Word(rollout.State)} since {rollout.Changed:yyyy-MM-dd HH:mm:ss} UTC. {next}";
    }

    internal static string Word(RolloutState state) => state == RolloutState.RollingBack ? "rolling back" : state == RolloutState.RolledBack ? "rolled back" : state.ToString().ToLowerInvariant();

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

    Rollout Save(DbConnection db, Rollout rollout, string? by = null) => ReleaseRows.Save(db, rollout with { Changed = _time.GetUtcNow() }, by);

    void Report(Rollout rollout, string? message, string? by = null) => _journal.Append(
        rollout.Id, new RolloutEvent.StateChanged { Time = rollout.Changed, State = rollout.State, Release = rollout.Release, Message = message, By = by });

    void CancelBuild(Rollout rollout)
    {
        if (rollout.State == RolloutState.Cancelled && _builds.TryGetValue(rollout.Id, out var build)) build.Cancel();
    }
}
