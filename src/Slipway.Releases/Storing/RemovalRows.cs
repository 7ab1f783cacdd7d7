using System.Data.Common;
using Dapper;
using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>The beginning of an app's end.</summary>
static class RemovalRows
{
    /// <summary>From now on the app is being removed; one that is already, loses its volumes too where that is asked for.</summary>
    public static void Begin(DbConnection db, AppName app, bool volumes)
    {
        db.Execute("UPDATE apps SET removing = CASE WHEN removing > @removing THEN removing ELSE @removing END WHERE app = @app", new { app = app.Value, removing = volumes ? 2 : 1 });
        db.Execute("INSERT INTO removals (app) VALUES (@app) ON CONFLICT DO NOTHING", new { app = app.Value });
        ReleaseRows.Touch(db, app);
    }
}
