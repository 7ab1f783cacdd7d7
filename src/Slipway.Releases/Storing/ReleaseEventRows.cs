using System.Data.Common;
using Dapper;
using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>The SQL of release_events. Every method works inside the caller's transaction or snapshot.</summary>
static class ReleaseEventRows
{
    /// <summary>The newest so many are kept, none for longer than a year.</summary>
    const int Kept = 100_000;
    const int PruneEvery = 256;

    static readonly TimeSpan KeptFor = TimeSpan.FromDays(366);

    public static void Add(DbConnection db, ReleaseEvent happened)
    {
        var id = db.ExecuteScalar<long>(
            "INSERT INTO release_events (time, app, type, record) VALUES (@time, @app, @type, @record) RETURNING id",
            new { time = happened.Time.ToUnixTimeMilliseconds(), app = happened.App?.Value, type = happened.Type, record = ReleasesJson.Write(happened with { Id = 0 }, ModelJson.Default.ReleaseEvent) });
        if (id % PruneEvery == 0)
            db.Execute("DELETE FROM release_events WHERE id <= @last OR time < @oldest", new { last = id - Kept, oldest = (happened.Time - KeptFor).ToUnixTimeMilliseconds() });
    }

    /// <returns>Oldest first.</returns>
    public static IReadOnlyList<ReleaseEvent> From(DbConnection db, long from, AppName? app, int most) =>
        [.. db.Query<(long Id, string Record)>(
                $"SELECT id, record FROM release_events WHERE id >= @from{(app is null ? "" : " AND (app = @app OR app IS NULL)")} ORDER BY id LIMIT @most", new { from, app = app?.Value, most })
            .Select(row => ReleasesJson.Read(row.Record, ModelJson.Default.ReleaseEvent) with { Id = row.Id })];

    public static long FirstOfLast(DbConnection db, int number, AppName? app) => number == 0 ? Last(db) + 1 : db.ExecuteScalar<long?>(
        $"SELECT id FROM release_events{(app is null ? "" : " WHERE app = @app OR app IS NULL")} ORDER BY id DESC LIMIT 1 OFFSET @before", new { before = number - 1, app = app?.Value }) ?? 0;

    public static long Last(DbConnection db) => db.ExecuteScalar<long?>("SELECT max(id) FROM release_events") ?? 0;
}
