using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Experiments;

namespace Slipway.Releases.Storing;

/// <summary>The SQL of the table in 0008_experiments.sql. Every method works inside the caller's transaction or snapshot.</summary>
static class ExperimentRows
{
    public static Tally? Find(DbConnection db, long rollout) =>
        db.QuerySingleOrDefault<string>("SELECT record FROM experiments WHERE rollout = @rollout", new { rollout }) is { } record ? ReleasesJson.Read(record, ReleasesJson.Default.Tally) : null;

    public static void Save(DbConnection db, long rollout, Tally tally) => db.Execute(
        "INSERT INTO experiments (rollout, record) VALUES (@rollout, @record) ON CONFLICT (rollout) DO UPDATE SET record = excluded.record",
        new { rollout, record = ReleasesJson.Write(tally, ReleasesJson.Default.Tally) });

    /// <summary>What experiments with releases have shown that are in the history no more.</summary>
    public static void ForgetOld(DbConnection db, AppName app) => ReleaseRows.ForgetWithReleases(db, app, "experiments");

    public static void Forget(DbConnection db, AppName app) =>
        db.Execute("DELETE FROM experiments WHERE rollout IN (SELECT id FROM rollouts WHERE app = @app)", new { app = app.Value });
}
