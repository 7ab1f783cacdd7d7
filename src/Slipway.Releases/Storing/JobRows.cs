using System.Data.Common;
using Dapper;
using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>The SQL of the table in 0006_jobs.sql. Every method works inside the caller's transaction or snapshot.</summary>
static class JobRows
{
    /// <returns>Oldest release first.</returns>
    public static IReadOnlyList<JobRun> Of(DbConnection db, AppName app) =>
        [.. db.Query<string>("SELECT record FROM release_jobs WHERE app = @app ORDER BY release, service, number", new { app = app.Value })
            .Select(record => ReleasesJson.Read(record, ModelJson.Default.JobRun))];

    public static void Save(DbConnection db, AppName app, JobRun run) => db.Execute(
        """
        INSERT INTO release_jobs (app, release, service, number, record) VALUES (@app, @release, @service, @number, @record)
        ON CONFLICT (app, release, service, number) DO UPDATE SET record = excluded.record
        """,
        new { app = app.Value, release = run.Release, service = run.Service, number = run.Number, record = ReleasesJson.Write(run, ModelJson.Default.JobRun) });

    /// <summary>A step that every release in the history lies behind stands in nobody's way.</summary>
    public static void ForgetOld(DbConnection db, AppName app) => db.Execute(
        "DELETE FROM release_jobs WHERE app = @app AND release < (SELECT min(number) FROM releases WHERE app = @app)", new { app = app.Value });
}
