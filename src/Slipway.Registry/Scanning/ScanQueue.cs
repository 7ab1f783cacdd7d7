using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Registry.Events;

namespace Slipway.Registry.Scanning;

/// <summary>
/// The scans that are to be made, as rows of registry_scans that all servers share: put in by pushes, by age and by people; taken by one server at a time,
/// which renews its claim as long as it works. Who has lost his claim changes nothing any more. Thread-safe.
/// </summary>
sealed class ScanQueue(Database.Database database, EventLog events, RegistryOptions options, TimeProvider time)
{
    // What is decided of them is one transaction, which all other writes wait for.
    const int EventsAtOnce = 200, SweepAtOnce = 50;

    /// <summary>Somebody waits for it; somebody pushed it; it has become old.</summary>
    const int Asked = 0, Pushed = 1, Aged = 2;

    readonly ScanOptions _options = options.Scanning;

    /// <summary>Released when there is something to do at once.</summary>
    public SemaphoreSlim Wake { get; } = new(0, 1);

    public void Signal()
    {
        try
        {
            if (Wake.CurrentCount == 0) Wake.Release();
        }
        catch (SemaphoreFullException)
        {
            // Somebody else has just woken it.
        }
    }

    /// <summary>Only inside a write. A scan that is under way stays as it is; one that waits comes to its turn at once.</summary>
    public void Ask(DbConnection connection, ScanTarget target, string actor) => Put(connection, target.Id, target.Digest.Value, "request", actor, Asked, "registry_scans.state <> 'running'");

    /// <summary>Takes up what was pushed since the last look, by whichever server.</summary>
    public async Task FollowPushes(ScannerRow scanner, CancellationToken cancel)
    {
        for (var position = scanner.Event; events.After(position, EventsAtOnce) is { Count: > 0 } happened; position = happened[^1].Id)
        {
            var pushed = happened.Where(one => one is { Action: "push", Target: "manifest", Repository: not null, Digest: not null } && one.MediaType is not null && scanner.Consumed.Contains(one.MediaType))
                .Select(one => (one.Repository, one.Digest, one.Actor, one.Time)).DistinctBy(one => (one.Repository, one.Digest)).ToList();
            var before = scanner.Before(time.GetUtcNow());
            var from = position;
            var moved = await database.Write(
                connection =>
                {
                    // Of several servers the first one does it.
                    if (connection.Execute("UPDATE registry_scanner SET event = @last WHERE id = 1 AND event = @from", new { last = happened[^1].Id, from }) == 0) return false;
                    foreach (var (repository, digest, actor, when) in pushed)
                        if (Find(connection, repository!, digest!, when, before) is { } manifest) Put(connection, manifest, "push", actor, Pushed);
                    return true;
                },
                cancel);
            if (!moved || happened.Count < EventsAtOnce) return;
        }
    }

    /// <summary>Queues tagged images, and those of tagged indexes, that have no report or one that is too old. Returns how many.</summary>
    /// <param name="all">However old the report is.</param>
    public async Task<int> Sweep(ScannerRow scanner, bool all, string actor, CancellationToken cancel)
    {
        // "~" is after every time.
        var before = all ? "~" : scanner.Before(time.GetUtcNow());
        var (queued, after) = (0, 0L);
        while (true)
        {
            var page = database.Read(connection => connection.Query<ScanManifest>(
                """
                WITH RECURSIVE wanted (id) AS (
                    SELECT manifest_id FROM registry_tags
                    UNION
                    SELECT c.id FROM wanted w JOIN registry_manifest_references f ON f.manifest_id = w.id AND f.kind = 'manifest'
                        JOIN registry_manifests c ON c.repository_id = f.repository_id AND c.digest = f.digest)
                SELECT m.id, m.digest, m.media_type, m.content FROM wanted w JOIN registry_manifests m ON m.id = w.id
                WHERE m.id > @after AND m.media_type IN @types AND m.artifact_type IN @configs
                  AND NOT EXISTS (SELECT 1 FROM registry_scan_reports p WHERE p.digest = m.digest AND p.scanned >= @before)
                  AND NOT EXISTS (SELECT 1 FROM registry_scans s WHERE s.digest = m.digest AND (s.state IN ('queued', 'running', 'unfit') OR s.ended >= @before))
                ORDER BY m.id LIMIT @limit
                """,
                new { after, before, types = scanner.Consumed, configs = Scannable.ConfigTypes, limit = SweepAtOnce }).AsList());
            if (page.Count == 0) return queued;
            after = page[^1].Id;
            var asked = all;
            // Images of one digest in several repositories are scanned once.
            queued += await database.Write(
                connection => page.DistinctBy(manifest => manifest.Digest).Count(manifest => Find(connection, manifest.Id, before) is { } still && Put(connection, still, asked ? "request" : "age", actor, Aged)),
                cancel);
        }
    }

    /// <summary>Notes that it was looked for old reports; false where another server was faster.</summary>
    public Task<bool> BeginSweep(ScannerRow scanner, CancellationToken cancel) => database.Write(
        connection => connection.Execute("UPDATE registry_scanner SET swept = @now WHERE id = 1 AND swept = @Swept", new { now = Text(time.GetUtcNow()), scanner.Swept }) > 0, cancel);

    /// <summary>Takes scans that are due, and those of servers that died, as far as not too many are under way already.</summary>
    public async Task<IReadOnlyList<ScanJob>> Claim(CancellationToken cancel)
    {
        if (!database.Read(connection => Due(connection, 1).Count > 0)) return [];
        return await database.Write<IReadOnlyList<ScanJob>>(
            connection =>
            {
                var now = Text(time.GetUtcNow());
                var free = _options.Parallel - connection.ExecuteScalar<long>("SELECT count(*) FROM registry_scans WHERE state = 'running' AND claimed_until >= @now", new { now });
                if (free <= 0) return [];
                var due = Due(connection, (int)free);
                // Each claim is another: who lost one must not end the next, also where it is the same server's.
                foreach (var id in due)
                    connection.Execute(
                        "UPDATE registry_scans SET state = 'running', attempts = attempts + 1, holder = @holder, claimed_until = @until WHERE manifest_id = @id",
                        new { id, holder = Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture), until = Text(time.GetUtcNow() + _options.Claim) });
                return due.Select(id => connection.QuerySingle<ScanJob>(
                    """
                    SELECT s.manifest_id AS id, r.name AS repository, m.digest, m.media_type, s.cause, s.actor, s.attempts, s.request, s.submitted, s.holder
                    FROM registry_scans s JOIN registry_manifests m ON m.id = s.manifest_id JOIN registry_repositories r ON r.id = m.repository_id WHERE s.manifest_id = @id
                    """,
                    new { id })).ToList();
            },
            cancel);
    }

    List<long> Due(DbConnection connection, int limit)
    {
        var now = Text(time.GetUtcNow());
        return connection.Query<long>(
            """
            SELECT manifest_id FROM registry_scans WHERE (state = 'queued' AND due <= @now) OR (state = 'running' AND claimed_until < @now)
            ORDER BY priority, due, manifest_id LIMIT @limit
            """,
            new { now, limit }).AsList();
    }

    /// <summary>False where somebody else has it by now, or it is gone.</summary>
    public Task<bool> Renew(ScanJob job) => Change(job, "claimed_until = @until", new { job.Id, job.Holder, until = Text(time.GetUtcNow() + _options.Claim) });

    /// <summary>Notes the adapter's identifier, so that its report is asked for also after a restart; null: it knows no such scan any more.</summary>
    public Task<bool> NoteRequest(ScanJob job, string? request) =>
        Change(job, "request = @request, submitted = @now", new { job.Id, job.Holder, request, now = Text(time.GetUtcNow()) });

    /// <summary>Gives it back as it is, for the next server, or for this one's next start.</summary>
    public Task<bool> Release(ScanJob job) => Change(job, "claimed_until = '', attempts = attempts - 1", new { job.Id, job.Holder });

    /// <summary>To be tried again.</summary>
    public Task<bool> Postpone(ScanJob job, string reason, TimeSpan wait) => Change(
        job, "state = 'queued', reason = @reason, due = @due, request = NULL, submitted = NULL, holder = NULL, claimed_until = NULL",
        new { job.Id, job.Holder, reason, due = Text(time.GetUtcNow() + wait) });

    /// <summary>Given up. A report of before stays.</summary>
    public Task<bool> Fail(ScanJob job, string reason) => Change(
        job, "state = 'failed', reason = @reason, ended = @now, request = NULL, submitted = NULL, holder = NULL, claimed_until = NULL", new { job.Id, job.Holder, reason, now = Text(time.GetUtcNow()) });

    /// <summary>Stores a report (the worst first) in place of the one before, all of it or nothing. False where the scan is not this server's any more, or the image is gone.</summary>
    public Task<bool> Finish(ScanJob job, string scanner, IReadOnlyList<Finding> findings, CancellationToken cancel)
    {
        var counts = SeverityCounts.Of(findings);
        var fixable = findings.Count(finding => finding.FixedVersion is not null);
        var content = FindingsContent.Pack([.. findings.Take(_options.MaxFindings)]);
        return database.Write(
            connection =>
            {
                var now = Text(time.GetUtcNow());
                if (connection.Execute(
                    """
                    UPDATE registry_scans SET state = 'done', reason = NULL, ended = @now, request = NULL, submitted = NULL, holder = NULL, claimed_until = NULL
                    WHERE manifest_id = @Id AND state = 'running' AND holder = @Holder
                    """,
                    new { job.Id, job.Holder, now }) == 0) return false;
                var before = ScanReportRow.Newest(connection, [job.Digest]).GetValueOrDefault(job.Digest)?.Counts;
                connection.Execute(
                    """
                    INSERT INTO registry_scan_reports (manifest_id, digest, scanned, scanner, critical, high, medium, low, negligible, unknown, fixable, findings)
                    VALUES (@Id, @Digest, @now, @scanner, @Critical, @High, @Medium, @Low, @Negligible, @Unknown, @fixable, @content)
                    ON CONFLICT (manifest_id) DO UPDATE SET scanned = excluded.scanned, scanner = excluded.scanner, critical = excluded.critical, high = excluded.high,
                        medium = excluded.medium, low = excluded.low, negligible = excluded.negligible, unknown = excluded.unknown, fixable = excluded.fixable, findings = excluded.findings
                    """,
                    new
                    {
                        job.Id, job.Digest, now, scanner, counts.Critical, counts.High, counts.Medium, counts.Low, counts.Negligible, counts.Unknown, fixable, content,
                    });
                // A thousand images that are as they were yesterday are no news.
                if (job.Cause != "age" || counts != before)
                    events.Record(connection, new Caller(job.Actor), new RegistryEvent
                    {
                        Action = "scan", Target = "manifest", Repository = job.Repository, Digest = job.Digest, MediaType = job.MediaType, Detail = $"{counts}, {fixable} of them fixable ({scanner})",
                    });
                return true;
            },
            cancel);
    }

    public ScanCounts Counts() => database.Read(connection => connection.QuerySingle<ScanCounts>(
        """
        SELECT (SELECT count(*) FROM registry_scans WHERE state = 'queued') AS queued, (SELECT count(*) FROM registry_scans WHERE state = 'running') AS running,
               (SELECT count(*) FROM registry_scans WHERE state = 'failed') AS failed
        """));

    /// <summary>Only inside a write: what failed is tried again, and with another adapter also what the one before had taken.</summary>
    public static void BeginAnew(DbConnection connection, string now, bool isOther) => connection.Execute(
        $"""
        UPDATE registry_scans SET state = 'queued', attempts = 0, due = @now, request = NULL, submitted = NULL, holder = NULL, claimed_until = NULL
        WHERE state IN ('failed', 'queued'{(isOther ? ", 'running'" : "")})
        """,
        new { now });

    /// <summary>Only inside a write: nothing waits any more.</summary>
    public static void Clear(DbConnection connection) => connection.Execute("DELETE FROM registry_scans WHERE state IN ('queued', 'running')");

    internal static string Text(DateTimeOffset moment) => moment.ToUniversalTime().ToString("O", CultureInfo.InvariantCulture);

    // By age, or on request, it may have been queued since it was pushed, and even be done.
    static ScanManifest? Find(DbConnection connection, string repository, string digest, DateTimeOffset pushed, string before) => connection.ExecuteScalar<long?>(
        """
        SELECT m.id FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id WHERE r.name = @repository AND m.digest = @digest
          AND NOT EXISTS (SELECT 1 FROM registry_scans s WHERE s.manifest_id = m.id AND s.queued >= @pushed)
        """,
        new { repository, digest, pushed = Text(pushed) }) is { } id ? Find(connection, id, before) : null;

    /// <summary>The manifest, where it is still there and needs a scan.</summary>
    static ScanManifest? Find(DbConnection connection, long id, string before) => connection.QuerySingleOrDefault<ScanManifest>(
        """
        SELECT m.id, m.digest, m.media_type, m.content FROM registry_manifests m WHERE m.id = @id
          AND NOT EXISTS (SELECT 1 FROM registry_scan_reports p WHERE p.digest = m.digest AND p.scanned >= @before)
          AND NOT EXISTS (SELECT 1 FROM registry_scans s WHERE s.digest = m.digest AND s.state IN ('queued', 'running', 'unfit'))
        """,
        new { id, before });

    /// <summary>False for what is no image, which is noted so that nobody looks at it again.</summary>
    bool Put(DbConnection connection, ScanManifest manifest, string cause, string actor, int priority)
    {
        var fit = Scannable.WhyNot(manifest.MediaType, manifest.Content) is null;
        Put(connection, manifest.Id, manifest.Digest, cause, actor, priority, "registry_scans.state NOT IN ('queued', 'running')", fit ? "queued" : "unfit");
        return fit;
    }

    void Put(DbConnection connection, long id, string digest, string cause, string actor, int priority, string unless, string state = "queued") => connection.Execute(
        $"""
        INSERT INTO registry_scans (manifest_id, digest, state, cause, actor, priority, attempts, queued, due) VALUES (@id, @digest, @state, @cause, @actor, @priority, 0, @now, @now)
        ON CONFLICT (manifest_id) DO UPDATE SET state = excluded.state, cause = excluded.cause, actor = excluded.actor, priority = excluded.priority, attempts = 0,
            queued = excluded.queued, due = excluded.due, request = NULL, submitted = NULL, reason = NULL, holder = NULL, claimed_until = NULL
        WHERE {unless}
        """,
        new { id, digest, state, cause, actor, priority, now = Text(time.GetUtcNow()) });

    Task<bool> Change(ScanJob job, string columns, object parameters) => database.Write(connection =>
        connection.Execute($"UPDATE registry_scans SET {columns} WHERE manifest_id = @Id AND state = 'running' AND holder = @Holder", parameters) > 0);
}

/// <summary>A scan that this server has taken.</summary>
sealed record ScanJob
{
    /// <summary>Of the manifest.</summary>
    public long Id { get; init; }

    public string Repository { get; init; } = "";

    public string Digest { get; init; } = "";

    public string MediaType { get; init; } = "";

    /// <summary>"request", "push" or "age".</summary>
    public string Cause { get; init; } = "";

    public string Actor { get; init; } = "";

    /// <summary>This one counted.</summary>
    public long Attempts { get; init; }

    public string? Request { get; init; }

    public string? Submitted { get; init; }

    public string Holder { get; init; } = "";
}

sealed record ScanCounts
{
    public long Queued { get; init; }

    public long Running { get; init; }

    public long Failed { get; init; }
}
