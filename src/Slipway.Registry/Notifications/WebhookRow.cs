using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Registry.Events;

namespace Slipway.Registry.Notifications;

/// <summary>A row of registry_webhooks, and what it lets through of the log.</summary>
sealed record WebhookRow
{
    const string Columns = "id, name, url, project, actions, secret, position, delivered, dropped, failures, failing, batch_end, error, next";

    /// <summary>What distribution's format can tell of; changes of rights and settings are the audit log's alone.</summary>
    const string Matching =
        """
        id > @Position AND target IN ('manifest', 'blob', 'tag', 'repository') AND ',' || @Actions || ',' LIKE '%,' || action || ',%'
        AND (@Project IS NULL OR repository = @Project OR repository >= @Project || '/' AND repository < @Project || '0')
        """;

    public long Id { get; init; }

    public string Name { get; init; } = "";

    public string Url { get; init; } = "";

    public string? Project { get; init; }

    /// <summary>Joined by commas.</summary>
    public string Actions { get; init; } = "";

    /// <summary>Sealed by <see cref="Secrets.SecretBox"/>.</summary>
    public byte[] Secret { get; init; } = [];

    public long Position { get; init; }

    public long Delivered { get; init; }

    public long Dropped { get; init; }

    public long Failures { get; init; }

    /// <summary>When the first of the failures was.</summary>
    public string? Failing { get; init; }

    /// <summary>The last event of a delivery that has failed: what is tried again is the same delivery, whatever has happened since.</summary>
    public long? BatchEnd { get; init; }

    public string? Error { get; init; }

    public string Next { get; init; } = "";

    /// <summary>What a secret is sealed for.</summary>
    public static string Purpose(string name) => $"webhook {name}";

    public static IReadOnlyList<WebhookRow> All(DbConnection connection) =>
        connection.Query<WebhookRow>($"SELECT {Columns} FROM registry_webhooks ORDER BY name").AsList();

    public static WebhookRow? Find(DbConnection connection, string name) =>
        connection.QuerySingleOrDefault<WebhookRow>($"SELECT {Columns} FROM registry_webhooks WHERE name = @name", new { name });

    /// <summary>The next events that it is to get, and how far the log has been looked through when they are delivered.</summary>
    public (IReadOnlyList<RegistryEvent> Events, long Position) NextEvents(DbConnection connection, int limit)
    {
        var end = BatchEnd ?? connection.ExecuteScalar<long?>("SELECT max(id) FROM registry_events") ?? 0;
        if (end <= Position) return ([], Position);
        var events = EventLog.Select(connection, $"WHERE id <= @end AND {Matching} ORDER BY id LIMIT @limit", new { Position, Actions, Project, end, limit });
        return (events, events.Count == limit ? events[^1].Id : end);
    }

    /// <summary>Events that wait, counted up to <paramref name="most"/>.</summary>
    public long Waiting(DbConnection connection, int most) => connection.ExecuteScalar<long>(
        $"SELECT count(*) FROM (SELECT id FROM registry_events WHERE {Matching} LIMIT @most) AS waiting", new { Position, Actions, Project, most });

    public WebhookStatus Status(long waiting) => new()
    {
        Name = Name,
        Url = Url,
        Project = Project,
        Actions = Actions.Split(','),
        Delivered = Delivered,
        Dropped = Dropped,
        Waiting = waiting,
        Failures = (int)Failures,
        Error = Error,
        NextAttempt = Failures == 0 ? null : DateTimeOffset.Parse(Next, CultureInfo.InvariantCulture),
    };
}
