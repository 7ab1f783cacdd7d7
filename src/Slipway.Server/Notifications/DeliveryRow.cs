using System.Data.Common;
using System.Text.Json;
using Dapper;
using Slipway.Model;

namespace Slipway.Server.Notifications;

/// <summary>
/// A row of release_deliveries: one event on its way to one receiver.
/// <code>
/// waiting ── 2xx ──► delivered
///    │ └── given up ──► dead ── sent again by a person ──► waiting
/// </code>
/// </summary>
sealed record DeliveryRow
{
    public const string Waiting = "waiting", Delivered = "delivered", Dead = "dead";

    /// <summary>So many of what is over are kept for each receiver.</summary>
    const int Kept = 500;
    const int PruneEvery = 50;

    const string Columns = "id, webhook, event, record, state, attempts, first, last, status, error";

    public long Id { get; init; }

    public long Webhook { get; init; }

    public long Event { get; init; }

    public string Record { get; init; } = "";

    public string State { get; init; } = "";

    public long Attempts { get; init; }

    public string? First { get; init; }

    public string? Last { get; init; }

    public long? Status { get; init; }

    public string? Error { get; init; }

    public ReleaseEvent Happened => JsonSerializer.Deserialize(Record, ModelJson.Default.ReleaseEvent)! with { Id = Event };

    public static void Add(DbConnection db, long webhook, ReleaseEvent happened) => db.Execute(
        "INSERT INTO release_deliveries (webhook, event, record, state, attempts) VALUES (@webhook, @Id, @record, @Waiting, 0) ON CONFLICT DO NOTHING",
        new { webhook, happened.Id, record = JsonSerializer.Serialize(happened, ModelJson.Default.ReleaseEvent), Waiting });

    /// <summary>The next that is to be sent.</summary>
    public static DeliveryRow? Next(DbConnection db, long webhook) => db.QueryFirstOrDefault<DeliveryRow>(
        $"SELECT {Columns} FROM release_deliveries WHERE webhook = @webhook AND state = @Waiting ORDER BY event LIMIT 1", new { webhook, Waiting });

    /// <param name="state">Null: all.</param>
    /// <returns>Newest first.</returns>
    public static IReadOnlyList<DeliveryRow> Of(DbConnection db, long webhook, string? state, int most) => db.Query<DeliveryRow>(
        $"SELECT {Columns} FROM release_deliveries WHERE webhook = @webhook{(state is null ? "" : " AND state = @state")} ORDER BY event DESC LIMIT @most", new { webhook, state, most }).AsList();

    public static Dictionary<string, long> Counts(DbConnection db, long webhook) =>
        db.Query<(string State, long Count)>("SELECT state, count(*) FROM release_deliveries WHERE webhook = @webhook GROUP BY state", new { webhook }).ToDictionary(row => row.State, row => row.Count);

    /// <summary>Of the last attempt that failed.</summary>
    public static string? LastError(DbConnection db, long webhook) => db.QueryFirstOrDefault<string>(
        "SELECT error FROM release_deliveries WHERE webhook = @webhook AND error IS NOT NULL ORDER BY last DESC LIMIT 1", new { webhook });

    /// <summary>Notes an attempt. False where the delivery is not waiting any more.</summary>
    public bool Tried(DbConnection db, string state, DateTimeOffset now, int? status, string? error)
    {
        var noted = db.Execute(
            "UPDATE release_deliveries SET state = @state, attempts = attempts + 1, first = coalesce(first, @now), last = @now, status = @status, error = @error WHERE id = @Id AND state = @Waiting",
            new { state, now = ReleaseWebhookRow.Text(now), status, error, Id, Waiting }) > 0;
        if (noted && state != Waiting && Id % PruneEvery == 0) Prune(db);
        return noted;
    }

    public static int SendAgain(DbConnection db, long webhook, long? happened) => db.Execute(
        $"UPDATE release_deliveries SET state = @Waiting, attempts = 0, first = NULL WHERE webhook = @webhook AND state = @Dead{(happened is null ? "" : " AND event = @happened")}",
        new { webhook, happened, Waiting, Dead });

    void Prune(DbConnection db)
    {
        foreach (var state in (string[])[Delivered, Dead])
            db.Execute(
                """
                DELETE FROM release_deliveries WHERE webhook = @Webhook AND state = @state AND event <=
                    (SELECT event FROM release_deliveries WHERE webhook = @Webhook AND state = @state ORDER BY event DESC LIMIT 1 OFFSET @Kept)
                """,
                new { Webhook, state, Kept });
    }

    public ReleaseDelivery Picture()
    {
        var happened = Happened;
        return new ReleaseDelivery
        {
            Event = Event,
            Type = happened.Type,
            App = happened.App?.Value,
            Time = happened.Time,
            State = State,
            Attempts = (int)Attempts,
            Tried = Last is null ? null : ReleaseWebhookRow.Time(Last),
            Status = (int?)Status,
            Error = Error,
        };
    }
}
