using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Governing;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Storing;

/// <summary>The SQL of the tables in 0001_releases.sql. Every method works inside the caller's transaction or snapshot.</summary>
static class ReleaseRows
{
    /// <summary>A failed verdict that lies further back counts no more.</summary>
    const int WindowsLookedAt = 200;

    public static IReadOnlyList<AppName> Apps(DbConnection db) =>
        [.. db.Query<string>("SELECT app FROM apps ORDER BY app").Select(AppName.Parse)];

    public static bool HasApp(DbConnection db, AppName app) =>
        db.ExecuteScalar<long>("SELECT count(*) FROM apps WHERE app = @app", new { app = app.Value }) > 0;

    public static bool HasRemoval(DbConnection db, AppName app) =>
        db.ExecuteScalar<long>("SELECT count(*) FROM removals WHERE app = @app", new { app = app.Value }) > 0;

    /// <param name="db">One snapshot.</param>
    /// <param name="app">The app.</param>
    /// <param name="known">What was read of the same app before: what can't have changed since is taken from it and not read again.</param>
    public static StoredApp? Load(DbConnection db, AppName app, StoredApp? known = null)
    {
        var row = db.QuerySingleOrDefault<AppRow>("SELECT live, holder, scales, removing, revision, route_version, split_key, maintenance, frozen, approvals FROM apps WHERE app = @app", new { app = app.Value });
        if (row is null) return null;
        // Whatever changes an app raises its revision in the same transaction.
        if (known is not null && known.Revision == row.Revision) return known;
        var record = db.QuerySingleOrDefault<string>("SELECT record FROM rollouts WHERE app = @app AND ended = 0", new { app = app.Value });
        var rollout = record is not null && record == known?.RolloutRecord ? known.Rollout : ReadRollout(record);
        var drains = db.Query<(string Instance, long Since, long Stopping)>("SELECT instance, since, stopping FROM drains WHERE app = @app", new { app = app.Value }).ToList();
        var target = rollout?.Release is { } coming ? known?.Known(coming) ?? FindRelease(db, app, coming) : null;
        return new StoredApp
        {
            App = app,
            Live = (int?)row.Live,
            Holder = row.Holder is null ? null : ParseSlot(row.Holder),
            Scales = row.Scales == "{}" ? StoredApp.NoScales : ReleasesJson.Read(row.Scales, ReleasesJson.Default.DictionaryStringInt32),
            Removing = row.Removing > 0,
            RemoveVolumes = row.Removing == 2,
            Revision = row.Revision,
            RouteVersion = row.RouteVersion,
            Slots = Slots(db, app, known),
            Rollout = rollout,
            RolloutRecord = record,
            Jobs = JobRows.Of(db, app),
            Target = target,
            Tally = rollout?.Canary is not null && target is not null && ReleaseStrategy.CanaryOf(target.Model)?.Ab is not null ? ExperimentRows.Find(db, rollout.Id) : null,
            Drains = drains.ToDictionary(d => d.Instance, d => DateTimeOffset.FromUnixTimeMilliseconds(d.Since)),
            Stopping = drains.Where(d => d.Stopping > 0).Select(d => d.Instance).ToHashSet(),
            Preview = PreviewRows.Find(db, app),
            Routes = known is not null && known.RouteVersion == row.RouteVersion ? known.Routes : RouteRows.Of(db, app),
            Maintenance = row.Maintenance is { } maintenance ? ReleasesJson.Read(maintenance, ModelJson.Default.Maintenance) : null,
            SplitKey = row.SplitKey,
            Approvals = ApprovalRows.Read(row.Approvals),
            Freezes = [.. ((Freeze?[])[FreezeRows.Read(row.Frozen), FreezeRows.Platform(db)]).OfType<Freeze>()],
            CanaryWindows = rollout?.Canary is null ? [] : CanaryRows.Windows(db, rollout.Id, WindowsLookedAt, Same(known, rollout)?.CanaryWindows ?? []),
            CanarySamples = rollout?.Canary is null ? [] : CanaryRows.Samples(db, rollout.Id, Same(known, rollout)?.CanarySamples ?? []),
        };
    }

    static StoredApp? Same(StoredApp? known, Rollout rollout) => known?.Rollout?.Id == rollout.Id ? known : null;

    public static IReadOnlyList<SlotState> Slots(DbConnection db, AppName app, StoredApp? known = null) =>
        [.. db.Query<SlotRow>("SELECT slot, release, standing, since, leaving, origins FROM slots WHERE app = @app ORDER BY slot", new { app = app.Value })
            .Select(row => new SlotState
            {
                Slot = ParseSlot(row.Slot),
                Release = known?.Known((int)row.Release) ?? FindRelease(db, app, (int)row.Release) ?? throw new InvalidDataException($"Slot {row.Slot} of {app} holds v{row.Release}, which is not stored."),
                Standing = Enum.Parse<Standing>(row.Standing, ignoreCase: true),
                Since = DateTimeOffset.FromUnixTimeMilliseconds(row.Since),
                Leaving = (Leaving)row.Leaving,
                Origins = ReleasesJson.Read(row.Origins, ReleasesJson.Default.DictionaryStringInt32),
            })];

    public static Release? FindRelease(DbConnection db, AppName app, int number) =>
        db.QuerySingleOrDefault<string>("SELECT record FROM releases WHERE app = @app AND number = @number", new { app = app.Value, number }) is { } text
            ? ReleasesJson.Read(text, ModelJson.Default.Release) : null;

    public static Rollout? ActiveRollout(DbConnection db, AppName app) =>
        ReadRollout(db.QuerySingleOrDefault<string>("SELECT record FROM rollouts WHERE app = @app AND ended = 0", new { app = app.Value }));

    public static Rollout? LastRollout(DbConnection db, AppName app) =>
        ReadRollout(db.QuerySingleOrDefault<string>("SELECT record FROM rollouts WHERE app = @app ORDER BY id DESC LIMIT 1", new { app = app.Value }));

    public static Rollout? FindRollout(DbConnection db, long id) =>
        ReadRollout(db.QuerySingleOrDefault<string>("SELECT record FROM rollouts WHERE id = @id", new { id }));

    public static IReadOnlyList<Rollout> Rollouts(DbConnection db, AppName app) =>
        [.. db.Query<string>("SELECT record FROM rollouts WHERE app = @app ORDER BY id DESC", new { app = app.Value }).Select(r => ReadRollout(r)!)];

    /// <summary>Rollouts whose images are to be built, oldest first.</summary>
    public static IReadOnlyList<Rollout> ToBuild(DbConnection db) =>
        [.. db.Query<string>("SELECT record FROM rollouts WHERE state IN ('Queued', 'Building') ORDER BY id").Select(r => ReadRollout(r)!)];

    public static Rollout Insert(DbConnection db, Rollout rollout)
    {
        var id = db.ExecuteScalar<long>("INSERT INTO rollouts (app, state, record) VALUES (@app, @state, '') RETURNING id", new { app = rollout.App.Value, state = rollout.State.ToString() });
        return Save(db, rollout with { Id = id });
    }

    /// <summary>Stores it, with its history, and the events that the change is.</summary>
    /// <param name="by">The account that brought the change about, where a person did.</param>
    public static Rollout Save(DbConnection db, Rollout rollout, string? by = null)
    {
        var before = FindRollout(db, rollout.Id);
        rollout = rollout with { History = RolloutChanges.History(before, rollout, by) };
        db.Execute(
            "UPDATE rollouts SET state = @state, ended = @ended, record = @record WHERE id = @id",
            new { id = rollout.Id, state = rollout.State.ToString(), ended = rollout.State.IsEnded ? 1 : 0, record = ReleasesJson.Write(rollout, ModelJson.Default.Rollout) });
        foreach (var happened in RolloutChanges.Events(before, rollout, by)) ReleaseEventRows.Add(db, happened);
        Touch(db, rollout.App);
        return rollout;
    }

    /// <summary>Forgets what a table holds by rollout, where the rollout's release is in the history no more.</summary>
    public static void ForgetWithReleases(DbConnection db, AppName app, string table)
    {
        foreach (var rollout in db.Query<long>($"SELECT DISTINCT rollout FROM {table} WHERE rollout IN (SELECT id FROM rollouts WHERE app = @app)", new { app = app.Value }).ToList())
            if (FindRollout(db, rollout)?.Release is not { } number || FindRelease(db, app, number) is null)
                db.Execute($"DELETE FROM {table} WHERE rollout = @rollout", new { rollout });
    }

    /// <summary>Makes every decision that was made before this transaction void.</summary>
    public static void Touch(DbConnection db, AppName app) =>
        db.Execute("UPDATE apps SET revision = revision + 1 WHERE app = @app", new { app = app.Value });

    public static Slot ParseSlot(string name) => name == "blue" ? Slot.Blue : Slot.Green;

    // Empty: its row has just been made, and gets its record next.
    static Rollout? ReadRollout(string? record) => string.IsNullOrEmpty(record) ? null : ReleasesJson.Read(record, ModelJson.Default.Rollout);

    sealed class AppRow
    {
        public long? Live { get; set; }
        public string? Holder { get; set; }
        public string Scales { get; set; } = "{}";
        public long Removing { get; set; }
        public long Revision { get; set; }
        public long RouteVersion { get; set; }
        public string? SplitKey { get; set; }
        public string? Maintenance { get; set; }
        public string? Frozen { get; set; }
        public string? Approvals { get; set; }
    }

    sealed class SlotRow
    {
        public string Slot { get; set; } = "";
        public long Release { get; set; }
        public string Standing { get; set; } = "";
        public long Since { get; set; }
        public long Leaving { get; set; }
        public string Origins { get; set; } = "{}";
    }
}
