using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Governing;

/// <summary>The SQL of freezes. Every method works inside the caller's transaction or snapshot.</summary>
static class FreezeRows
{
    public static Freeze? Platform(DbConnection db) => Read(db.QuerySingleOrDefault<string>("SELECT record FROM platform_freeze WHERE id = 1"));

    public static Freeze? Of(DbConnection db, AppName app) => Read(db.QuerySingleOrDefault<string>("SELECT frozen FROM apps WHERE app = @app", new { app = app.Value }));

    /// <param name="app">Null: the platform's.</param>
    public static void Set(DbConnection db, AppName? app, Freeze? freeze)
    {
        var record = freeze is null ? null : ReleasesJson.Write(freeze, ModelJson.Default.Freeze);
        if (app is { } one)
        {
            db.Execute("UPDATE apps SET frozen = @record WHERE app = @app", new { app = one.Value, record });
            ReleaseRows.Touch(db, one);
            return;
        }
        db.Execute("DELETE FROM platform_freeze");
        if (record is not null) db.Execute("INSERT INTO platform_freeze (id, record) VALUES (1, @record)", new { record });
        // What was decided of any app before is void.
        db.Execute("UPDATE apps SET revision = revision + 1");
    }

    /// <summary>Those that have ended by time are over: stored as that, once.</summary>
    public static void Expire(DbConnection db, AppName app, DateTimeOffset now)
    {
        foreach (var (place, freeze) in ((AppName?, Freeze?)[])[(app, Of(db, app)), (null, Platform(db))])
        {
            if (freeze is null || freeze.IsInForce(now)) continue;
            Set(db, place, null);
            ReleaseEventRows.Add(db, new ReleaseEvent { Time = now, Type = ReleaseEvents.Unfrozen, App = place, Text = $"its time is over: {freeze.Reason}" });
        }
    }

    /// <exception cref="ConflictException">A freeze is in force, and who asks doesn't go on despite it.</exception>
    public static void Check(DbConnection db, AppName app, Asker? by, DateTimeOffset now)
    {
        if (by is { DespiteFreeze: true }) return;
        foreach (var freeze in (Freeze?[])[Of(db, app), Platform(db)])
            if (freeze is not null && freeze.IsInForce(now)) throw new ConflictException(FreezeWords.Refusal(freeze, app));
    }

    public static Freeze? Read(string? record) => record is null ? null : ReleasesJson.Read(record, ModelJson.Default.Freeze);
}
