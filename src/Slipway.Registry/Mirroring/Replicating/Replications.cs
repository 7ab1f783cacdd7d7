using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Mirroring.Replicating;

/// <summary>The rules of replication and the reports of their runs. Thread-safe.</summary>
public sealed class Replications
{
    /// <summary>Runs of a rule that are kept.</summary>
    const int KeptRuns = 50;

    readonly Database.Database _database;
    readonly EventLog _events;
    readonly SecretBox _box;
    readonly TimeProvider _time;

    internal Replications(Database.Database database, EventLog events, SecretBox box, TimeProvider time) => (_database, _events, _box, _time) = (database, events, box, time);

    /// <summary>Set when there is something to do at once.</summary>
    internal SemaphoreSlim Wake { get; } = new(0, 1);

    /// <summary>All rules, by name, without their passwords, each with its last run.</summary>
    public IReadOnlyList<ReplicationStatus> List() => [.. Rows().Select(row => new ReplicationStatus(row.Settings(), row.Due is null ? null : Parse(row.Due), Runs(row.Id, 1).FirstOrDefault()))];

    /// <summary>Makes a rule or changes it. Without a password the stored one stays, as long as user and registry do.</summary>
    /// <exception cref="InvalidInputException">Something in it is wrong.</exception>
    public async Task Set(ReplicationSettings settings, Caller caller, CancellationToken cancel = default)
    {
        if (settings.Check() is { Count: > 0 } wrong) throw new InvalidInputException(wrong);
        var remote = RemoteRegistry.TryParse(settings.Remote, out var parsed) ? parsed.ToString() : throw new InvalidOperationException();
        var secret = settings.Password is { } password ? _box.Seal(password, Purpose(settings.Name)) : null;
        var due = settings.Schedule is { } schedule ? Text(Schedule.TryParse(schedule)!.Next(_time.GetUtcNow())) : null;
        await _database.Write(
            connection =>
            {
                var known = connection.QuerySingleOrDefault<ReplicationRow>($"SELECT {ReplicationRow.Columns} FROM registry_replication_rules WHERE name = @Name", new { settings.Name });
                if (secret is null && known is not null && known.Remote == remote && known.Username == settings.User) secret = known.Secret;
                connection.Execute(
                    """
                    INSERT INTO registry_replication_rules (name, direction, repository, tag, remote, username, secret, destination, schedule, on_push, deletions, bandwidth, created, event, due)
                    VALUES (@Name, @direction, @Repository, @Tag, @remote, @User, @secret, @Destination, @Schedule, @push, @deletions, @Bandwidth, @now,
                        (SELECT coalesce(max(id), 0) FROM registry_events), @due)
                    ON CONFLICT (name) DO UPDATE SET direction = excluded.direction, repository = excluded.repository, tag = excluded.tag, remote = excluded.remote,
                        username = excluded.username, secret = excluded.secret, destination = excluded.destination, schedule = excluded.schedule,
                        on_push = excluded.on_push, deletions = excluded.deletions, bandwidth = excluded.bandwidth, due = excluded.due
                    """,
                    new
                    {
                        settings.Name, direction = settings.Direction == ReplicationDirection.Pull ? "pull" : "push", settings.Repository, settings.Tag, remote, settings.User, secret,
                        settings.Destination, settings.Schedule, push = settings.OnPush ? 1 : 0, deletions = settings.Deletions ? 1 : 0, settings.Bandwidth, now = Text(_time.GetUtcNow()), due,
                    });
                // What it copied to another place is not its to remove at the new one.
                if (known is not null && (known.Remote != remote || known.Destination != settings.Destination || known.Direction == "pull" != (settings.Direction == ReplicationDirection.Pull)))
                {
                    connection.Execute("DELETE FROM registry_replication_copies WHERE rule_id = @Id", new { known.Id });
                    connection.Execute("DELETE FROM registry_replication_uploads WHERE rule_id = @Id", new { known.Id });
                }
                _events.Record(connection, caller, new RegistryEvent
                {
                    Action = known is null ? "create" : "change", Target = "replication",
                    Detail = $"{settings.Name}: {(settings.Direction == ReplicationDirection.Pull ? "pull from" : "push to")} {remote}, {settings.Repository}:{settings.Tag}",
                });
            },
            cancel);
    }

    /// <summary>Removes a rule with its reports; what it has copied stays. False where there is none.</summary>
    public Task<bool> Remove(string name, Caller caller, CancellationToken cancel = default) => _database.Write(
        connection =>
        {
            if (connection.Execute("DELETE FROM registry_replication_rules WHERE name = @name", new { name }) == 0) return false;
            _events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "replication", Detail = name });
            return true;
        },
        cancel);

    /// <summary>Begins a run now; where one goes on, that is the answer.</summary>
    /// <exception cref="NotFoundException">There is no such rule.</exception>
    public async Task<ReplicationRun> Start(string name, CancellationToken cancel = default)
    {
        var rule = Find(name);
        var id = await _database.Write(connection => Begin(connection, rule.Id, "asked for", listed: false), cancel);
        Signal();
        return Runs(rule.Id, int.MaxValue).First(run => run.Id == id);
    }

    /// <summary>The latest runs of a rule, newest first, without what they did in particular.</summary>
    /// <exception cref="NotFoundException">There is no such rule.</exception>
    public IReadOnlyList<ReplicationRun> Runs(string name) => Runs(Find(name).Id, KeptRuns);

    /// <summary>One run with everything that it did.</summary>
    /// <param name="run">Its number; null: the latest.</param>
    /// <exception cref="NotFoundException">There is no such rule or run.</exception>
    public ReplicationReport Report(string name, long? run)
    {
        var found = Runs(Find(name).Id, int.MaxValue).FirstOrDefault(one => run is null || one.Id == run)
            ?? throw new NotFoundException(run is null ? $"The rule '{name}' has not run yet." : $"The rule '{name}' has no run {run}; the last {KeptRuns} are kept.");
        const int Most = 10_000;
        return new ReplicationReport(found, _database.Read(connection => connection.Query<ReplicationItem>(
            """
            SELECT repository, reference, action, state, digest, manifests, blobs, bytes, error FROM registry_replication_items
            WHERE run_id = @Id ORDER BY CASE state WHEN 'failed' THEN 0 ELSE 1 END, repository, reference LIMIT @Most
            """,
            new { found.Id, Most }).ToList()));
    }

    internal List<ReplicationRow> Rows() => _database.Read(connection => connection.Query<ReplicationRow>($"SELECT {ReplicationRow.Columns} FROM registry_replication_rules ORDER BY name").ToList());

    /// <summary>A run that waits to be carried out, or goes on at one that goes on already. Only inside a write.</summary>
    internal long Begin(System.Data.Common.DbConnection connection, long rule, string cause, bool listed)
    {
        if (connection.ExecuteScalar<long?>("SELECT id FROM registry_replication_runs WHERE rule_id = @rule AND state = 'running'", new { rule }) is { } running) return running;
        connection.Execute(
            "DELETE FROM registry_replication_runs WHERE rule_id = @rule AND id NOT IN (SELECT id FROM registry_replication_runs WHERE rule_id = @rule ORDER BY id DESC LIMIT @KeptRuns)",
            new { rule, KeptRuns });
        return connection.ExecuteScalar<long>(
            "INSERT INTO registry_replication_runs (rule_id, cause, state, listed, started) VALUES (@rule, @cause, 'running', @listed, @now) RETURNING id",
            new { rule, cause, listed = listed ? 1 : 0, now = Text(_time.GetUtcNow()) });
    }

    internal RemoteRegistry Remote(ReplicationRow row)
    {
        var remote = RemoteRegistry.TryParse(row.Remote, out var parsed) ? parsed : throw new InvalidDataException($"'{row.Remote}' is no registry.");
        return row.Secret is { } secret ? remote with { User = row.Username, Password = _box.Open(secret, Purpose(row.Name)) } : remote;
    }

    internal void Signal()
    {
        if (Wake.CurrentCount > 0) return;
        try
        {
            Wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else has just woken it.
        }
    }

    internal static string Text(DateTimeOffset time) => time.ToString("O", CultureInfo.InvariantCulture);

    ReplicationRow Find(string name)
    {
        var rows = Rows();
        return rows.FirstOrDefault(row => row.Name == name)
            ?? throw new NotFoundException($"There is no replication rule '{name}'. Rules: {string.Join(", ", rows.Select(row => row.Name).DefaultIfEmpty("none"))}.");
    }

    List<ReplicationRun> Runs(long rule, int limit) => _database.Read(connection => connection.Query<RunRow>(
        """
        SELECT r.id, r.cause, r.state, r.error, r.started, r.ended,
               (SELECT count(*) FROM registry_replication_items i WHERE i.run_id = r.id AND i.state = 'copied') AS copied,
               (SELECT count(*) FROM registry_replication_items i WHERE i.run_id = r.id AND i.state = 'skipped') AS skipped,
               (SELECT count(*) FROM registry_replication_items i WHERE i.run_id = r.id AND i.state = 'removed') AS removed,
               (SELECT count(*) FROM registry_replication_items i WHERE i.run_id = r.id AND i.state = 'failed') AS failed,
               (SELECT count(*) FROM registry_replication_items i WHERE i.run_id = r.id AND i.state = 'waiting') AS waiting,
               CAST((SELECT coalesce(sum(i.bytes), 0) FROM registry_replication_items i WHERE i.run_id = r.id) AS BIGINT) AS bytes
        FROM registry_replication_runs r WHERE r.rule_id = @rule ORDER BY r.id DESC LIMIT @limit
        """,
        new { rule, limit }).Select(row => row.Run()).ToList());

    static string Purpose(string name) => $"the replication '{name}'";

    static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    sealed record RunRow
    {
        public long Id { get; init; }

        public string Cause { get; init; } = "";

        public string State { get; init; } = "";

        public string? Error { get; init; }

        public string Started { get; init; } = "";

        public string? Ended { get; init; }

        public long Copied { get; init; }

        public long Skipped { get; init; }

        public long Removed { get; init; }

        public long Failed { get; init; }

        public long Waiting { get; init; }

        public long Bytes { get; init; }

        public ReplicationRun Run() => new()
        {
            Id = Id, Cause = Cause, State = State, Error = Error, Started = Parse(Started), Ended = Ended is null ? null : Parse(Ended),
            Copied = Copied, Skipped = Skipped, Removed = Removed, Failed = Failed, Waiting = Waiting, Bytes = Bytes,
        };
    }
}

/// <param name="Due">When it runs next by the clock.</param>
/// <param name="Last">Its latest run.</param>
public sealed record ReplicationStatus(ReplicationSettings Rule, DateTimeOffset? Due, ReplicationRun? Last);

/// <summary>One run of a rule, in numbers of images.</summary>
public sealed record ReplicationRun
{
    public required long Id { get; init; }

    /// <summary>"asked for", "schedule" or "push".</summary>
    public required string Cause { get; init; }

    /// <summary>"running", "done", or "failed": all or some of it.</summary>
    public required string State { get; init; }

    /// <summary>Why nothing at all could be done.</summary>
    public string? Error { get; init; }

    public required DateTimeOffset Started { get; init; }

    public DateTimeOffset? Ended { get; init; }

    public required long Copied { get; init; }

    /// <summary>Was there already.</summary>
    public required long Skipped { get; init; }

    public required long Removed { get; init; }

    public required long Failed { get; init; }

    public required long Waiting { get; init; }

    /// <summary>That were moved.</summary>
    public required long Bytes { get; init; }
}

public sealed record ReplicationReport(ReplicationRun Run, IReadOnlyList<ReplicationItem> Items);

/// <summary>What became of one image in a run.</summary>
public sealed record ReplicationItem
{
    /// <summary>Where it comes from.</summary>
    public string Repository { get; init; } = "";

    /// <summary>Its tag.</summary>
    public string Reference { get; init; } = "";

    /// <summary>"copy" or "remove".</summary>
    public string Action { get; init; } = "";

    /// <summary>"waiting", "copied", "skipped", "removed" or "failed".</summary>
    public string State { get; init; } = "";

    public string? Digest { get; init; }

    public long Manifests { get; init; }

    public long Blobs { get; init; }

    public long Bytes { get; init; }

    public string? Error { get; init; }
}
