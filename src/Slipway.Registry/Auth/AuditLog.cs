using System.Globalization;
using Dapper;
using Slipway.Registry.Events;

namespace Slipway.Registry.Auth;

/// <summary>What is looked for in the audit log; what is null does not matter.</summary>
public sealed record AuditQuery
{
    public string? Project { get; init; }

    public string? Repository { get; init; }

    public string? Actor { get; init; }

    public string? Action { get; init; }

    public DateTimeOffset? Since { get; init; }

    public DateTimeOffset? Until { get; init; }

    /// <summary>Only events before this one, for the next page.</summary>
    public long? Before { get; init; }

    /// <summary>Only events after this one, oldest first, for whoever follows the log.</summary>
    public long? After { get; init; }

    /// <summary>At most; 1 to 1,000.</summary>
    public int Limit { get; init; } = 100;
}

/// <summary>The audit log: who did what, and when. Thread-safe.</summary>
public sealed class AuditLog
{
    readonly Database.Database _database;

    internal AuditLog(Database.Database database) => _database = database;

    /// <summary>The newest first, or the oldest first where <see cref="AuditQuery.After"/> is set.</summary>
    public IReadOnlyList<RegistryEvent> Find(AuditQuery query) => _database.Read(connection => EventLog.Select(
        connection,
        $"""
        WHERE (@Project IS NULL OR repository = @Project OR (repository >= @Project || '/' AND repository < @Project || '0'))
          AND (@Repository IS NULL OR repository = @Repository) AND (@Actor IS NULL OR actor = @Actor) AND (@Action IS NULL OR action = @Action)
          AND (@since IS NULL OR time >= @since) AND (@until IS NULL OR time < @until) AND id < @before AND id > @after
        ORDER BY id {(query.After is null ? "DESC" : "ASC")} LIMIT @limit
        """,
        new
        {
            query.Project, query.Repository, query.Actor, query.Action,
            since = Text(query.Since), until = Text(query.Until), before = query.Before ?? long.MaxValue, after = query.After ?? -1, limit = Math.Clamp(query.Limit, 1, 1000),
        }));

    /// <summary>Removes what is older. Returns how many.</summary>
    internal Task<int> Forget(DateTimeOffset before) => _database.Write(connection => connection.Execute("DELETE FROM registry_events WHERE time < @before", new { before = Text(before) }));

    static string? Text(DateTimeOffset? moment) => moment?.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);
}
