using System.Data.Common;
using System.Globalization;
using Dapper;

namespace Slipway.Registry.Events;

/// <summary>
/// The log of everything that happened. What changes something is recorded inside its own transaction, so that there is no change without its event
/// and no event without its change; readers follow it by identifier. Thread-safe.
/// </summary>
public sealed class EventLog(Database.Database database, TimeProvider time)
{
    /// <summary>Records an event in the transaction of what it speaks of. Only inside a write.</summary>
    public void Record(DbConnection connection, Caller caller, RegistryEvent happened) => connection.Execute(
        """
        INSERT INTO registry_events (time, action, target, repository, digest, tag, media_type, size, detail, actor, address, user_agent)
        VALUES (@Time, @Action, @Target, @Repository, @Digest, @Tag, @MediaType, @Size, @Detail, @Actor, @Address, @UserAgent)
        """,
        new
        {
            Time = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture),
            happened.Action,
            happened.Target,
            happened.Repository,
            happened.Digest,
            happened.Tag,
            happened.MediaType,
            happened.Size,
            happened.Detail,
            Actor = caller.Name,
            caller.Address,
            caller.UserAgent,
        });

    /// <summary>Events after <paramref name="after"/>, oldest first.</summary>
    public IReadOnlyList<RegistryEvent> After(long after, int limit) =>
        database.Read(connection => Select(connection, "WHERE id > @after ORDER BY id LIMIT @limit", new { after, limit }));

    /// <summary>The events that a condition selects.</summary>
    /// <param name="clauses">WHERE, ORDER BY and LIMIT over the columns of registry_events; our own text, never a client's.</param>
    public static IReadOnlyList<RegistryEvent> Select(DbConnection connection, string clauses, object parameters) => connection.Query<RegistryEventRow>(
        $"""
        SELECT id, time, action, target, repository, digest, tag, media_type, size, detail, actor, address, user_agent
        FROM registry_events {clauses}
        """,
        parameters).Select(row => row.Event()).ToList();

    sealed record RegistryEventRow
    {
        public long Id { get; init; }

        public string Time { get; init; } = "";

        public string Action { get; init; } = "";

        public string Target { get; init; } = "";

        public string? Repository { get; init; }

        public string? Digest { get; init; }

        public string? Tag { get; init; }

        public string? MediaType { get; init; }

        public long? Size { get; init; }

        public string? Detail { get; init; }

        public string Actor { get; init; } = "";

        public string? Address { get; init; }

        public string? UserAgent { get; init; }

        public RegistryEvent Event() => new()
        {
            Id = Id,
            Time = DateTimeOffset.Parse(Time, CultureInfo.InvariantCulture),
            Action = Action,
            Target = Target,
            Repository = Repository,
            Digest = Digest,
            Tag = Tag,
            MediaType = MediaType,
            Size = Size,
            Detail = Detail,
            Actor = Actor,
            Address = Address,
            UserAgent = UserAgent,
        };
    }
}
