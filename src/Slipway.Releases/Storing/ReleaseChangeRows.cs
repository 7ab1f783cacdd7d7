using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Diffing;

namespace Slipway.Releases.Storing;

/// <summary>The SQL of release_changes. Every method works inside the caller's transaction or snapshot.</summary>
static class ReleaseChangeRows
{
    const int MostChanges = 500;

    /// <param name="live">The release that is live now.</param>
    public static void Add(DbConnection db, Rollout rollout, Release? live, Release made, GitFacts? git)
    {
        var changes = new ReleaseChanges { Rollout = rollout.Id, By = rollout.By, From = live?.Number, Git = git, Changes = [.. ModelDiff.Between(live, made).Take(MostChanges)] };
        db.Execute(
            "INSERT INTO release_changes (app, number, record) VALUES (@app, @number, @record)",
            new { app = made.App.Value, number = made.Number, record = ReleasesJson.Write(changes, ModelJson.Default.ReleaseChanges) });
    }

    public static ReleaseChanges? Find(DbConnection db, AppName app, int number) =>
        db.QuerySingleOrDefault<string>("SELECT record FROM release_changes WHERE app = @app AND number = @number", new { app = app.Value, number }) is { } record
            ? ReleasesJson.Read(record, ModelJson.Default.ReleaseChanges) : null;
}
