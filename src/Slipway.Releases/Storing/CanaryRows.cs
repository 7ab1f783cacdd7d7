using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Releases.Canary;

namespace Slipway.Releases.Storing;

/// <summary>The SQL of the tables in 0003_canary.sql. Every method works inside the caller's transaction or snapshot.</summary>
static class CanaryRows
{
    /// <summary>Of a rollout that is paused for days the oldest are forgotten.</summary>
    const int Kept = 1000;

    /// <param name="db">One snapshot.</param>
    /// <param name="rollout">Whose.</param>
    /// <param name="most">The newest so many.</param>
    /// <param name="known">Those that were read before, oldest first: they are not read again.</param>
    /// <returns>Oldest first.</returns>
    public static IReadOnlyList<CanaryWindow> Windows(DbConnection db, long rollout, int most = Kept, IReadOnlyList<CanaryWindow>? known = null)
    {
        var last = known is [.., var newest] ? newest.Number : 0;
        var added = db.Query<string>("SELECT record FROM canary_windows WHERE rollout = @rollout AND number > @last ORDER BY number DESC LIMIT @most", new { rollout, last, most })
            .Select(record => ReleasesJson.Read(record, ModelJson.Default.CanaryWindow)).Reverse().ToList();
        return known is not { Count: > 0 } ? added : added.Count == 0 ? known : [.. known.Concat(added).TakeLast(most)];
    }

    /// <param name="db">One snapshot.</param>
    /// <param name="rollout">Whose.</param>
    /// <param name="known">Those that were read before: they are not read again.</param>
    /// <returns>Oldest first.</returns>
    public static IReadOnlyList<TrafficSample> Samples(DbConnection db, long rollout, IReadOnlyList<TrafficSample>? known = null)
    {
        var read = (known ?? []).ToDictionary(sample => sample.At.ToUnixTimeMilliseconds());
        return [.. db.Query<long>("SELECT at FROM canary_samples WHERE rollout = @rollout ORDER BY at", new { rollout })
            .Select(at => read.TryGetValue(at, out var sample) ? sample : ReleasesJson.Read(
                db.QuerySingle<string>("SELECT record FROM canary_samples WHERE rollout = @rollout AND at = @at", new { rollout, at }), ReleasesJson.Default.TrafficSample))];
    }

    public static void Add(DbConnection db, long rollout, CanaryWindow window)
    {
        db.Execute(
            "INSERT INTO canary_windows (rollout, number, record) VALUES (@rollout, @number, @record)",
            new { rollout, number = window.Number, record = ReleasesJson.Write(window, ModelJson.Default.CanaryWindow) });
        db.Execute("DELETE FROM canary_windows WHERE rollout = @rollout AND number <= @last", new { rollout, last = window.Number - Kept });
    }

    /// <param name="oldest">No window reaches back beyond it any more.</param>
    public static void Add(DbConnection db, long rollout, TrafficSample sample, DateTimeOffset oldest)
    {
        db.Execute("DELETE FROM canary_samples WHERE rollout = @rollout AND at < @oldest", new { rollout, oldest = oldest.ToUnixTimeMilliseconds() });
        db.Execute(
            "INSERT INTO canary_samples (rollout, at, record) VALUES (@rollout, @at, @record) ON CONFLICT DO NOTHING",
            new { rollout, at = sample.At.ToUnixTimeMilliseconds(), record = ReleasesJson.Write(sample, ReleasesJson.Default.TrafficSample) });
    }

    /// <summary>The rollout has ended: nothing is measured any more.</summary>
    public static void ForgetSamples(DbConnection db, long rollout) => db.Execute("DELETE FROM canary_samples WHERE rollout = @rollout", new { rollout });

    /// <summary>Verdicts on releases that are in the history no more.</summary>
    public static void ForgetOld(DbConnection db, AppName app) => ReleaseRows.ForgetWithReleases(db, app, "canary_windows");

    public static void Forget(DbConnection db, AppName app)
    {
        foreach (var table in (string[])["canary_windows", "canary_samples"])
            db.Execute($"DELETE FROM {table} WHERE rollout IN (SELECT id FROM rollouts WHERE app = @app)", new { app = app.Value });
    }
}
