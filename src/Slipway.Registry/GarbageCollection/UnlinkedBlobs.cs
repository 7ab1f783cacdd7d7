using System.Data.Common;
using System.Globalization;
using Dapper;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Registry.Storage;

namespace Slipway.Registry.GarbageCollection;

/// <summary>
/// Blobs that no repository has: first the row goes, and the object's key onto the list of garbage, in one transaction; then the object; then the entry
/// of the list. Killed in between, the next collection goes on with the list.
/// </summary>
sealed partial class UnlinkedBlobs(Database.Database database, IBlobStore store, DigestLocks locks, ILogger<UnlinkedBlobs> log)
{
    const int Span = 5000;
    const int Batch = 100;

    /// <summary>Deletions at a time: an object store answers slowly, but many at once.</summary>
    const int Parallel = 8;

    public async Task Collect(CollectionTally tally, Func<Task> keepOn, CancellationToken cancel)
    {
        var last = database.Read(connection => connection.ExecuteScalar<long?>("SELECT max(id) FROM registry_blobs")) ?? 0;
        for (long from = 0; from < last; from += Span)
        {
            await keepOn();
            cancel.ThrowIfCancellationRequested();
            var page = database.Read(connection => connection.Query<Row>(
                """
                SELECT b.id, b.digest, b.size FROM registry_blobs b
                WHERE b.id > @from AND b.id <= @to AND NOT EXISTS (SELECT 1 FROM registry_repository_blobs l WHERE l.blob_id = b.id)
                """,
                new { from, to = from + Span }).AsList());
            foreach (var batch in page.Chunk(Batch)) await Remove(batch, tally);
        }
        if (tally.DryRun) AddFreedByLinks(tally);
        else await DeleteObjects(tally, keepOn, cancel);
    }

    async Task Remove(Row[] batch, CollectionTally tally)
    {
        var gone = tally.DryRun ? [.. batch] : await database.Write(connection => batch.Where(row => Remove(connection, row, tally.Now)).ToList());
        foreach (var row in gone) tally.Blob(row.Size);
    }

    static bool Remove(DbConnection connection, Row row, DateTimeOffset now)
    {
        var blob = connection.QuerySingleOrDefault<StoredBlob>(
            """
            DELETE FROM registry_blobs WHERE id = @Id AND NOT EXISTS (SELECT 1 FROM registry_repository_blobs l WHERE l.blob_id = @Id)
            RETURNING size, object_key AS key, '' AS leased_until
            """,
            new { row.Id });
        if (blob is null) return false;
        Garbage.Add(connection, row.Digest, blob, now);
        return true;
    }

    void AddFreedByLinks(CollectionTally tally)
    {
        foreach (var ids in tally.GoneLinks.Keys.Chunk(500))
            foreach (var (id, size, links) in database.Read(connection => connection.Query<(long, long, long)>(
                "SELECT b.id, b.size, (SELECT count(*) FROM registry_repository_blobs l WHERE l.blob_id = b.id) AS links FROM registry_blobs b WHERE b.id IN @ids",
                new { ids }).AsList()))
                if (links == tally.GoneLinks[id]) tally.Blob(size);
    }

    /// <summary>Deletes what is due on the list, whichever collection put it there.</summary>
    async Task DeleteObjects(CollectionTally tally, Func<Task> keepOn, CancellationToken cancel)
    {
        var (now, after) = (tally.Now.ToString("O", CultureInfo.InvariantCulture), "");
        while (true)
        {
            await keepOn();
            var page = database.Read(connection => connection.Query<Entry>(
                "SELECT object_key AS key, digest FROM registry_garbage WHERE object_key > @after AND due <= @now ORDER BY object_key LIMIT @limit",
                new { after, now, limit = Batch }).AsList());
            if (page.Count == 0) return;
            var deleted = new System.Collections.Concurrent.ConcurrentBag<string>();
            await System.Threading.Tasks.Parallel.ForEachAsync(page, new ParallelOptions { MaxDegreeOfParallelism = Parallel, CancellationToken = cancel }, async (entry, _) =>
            {
                try
                {
                    await Delete(entry);
                    deleted.Add(entry.Key);
                }
                catch (Exception error) when (error is not OperationCanceledException)
                {
                    LogNotDeleted(entry.Key, error.Message);
                }
            });
            tally.Failed += page.Count - deleted.Count;
            await database.Write(
                connection =>
                {
                    foreach (var key in deleted) Garbage.Remove(connection, key);
                },
                CancellationToken.None);
            after = page[^1].Key;
        }
    }

    async Task Delete(Entry entry)
    {
        using var turn = await locks.Enter(Digest.Parse(entry.Digest), CancellationToken.None);
        // A push of the same digest may have published to the same key since; then it has its row.
        if (database.Read(connection => HasRow(connection, entry.Key))) return;
        await store.Delete(entry.Key, CancellationToken.None);
    }

    internal static bool HasRow(DbConnection connection, string key) =>
        connection.ExecuteScalar<long?>("SELECT id FROM registry_blobs WHERE object_key = @key", new { key }) is not null;

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store did not delete '{Key}'; the next collection tries again: {Reason}")]
    partial void LogNotDeleted(string key, string reason);

    sealed record Row(long Id, string Digest, long Size);

    sealed record Entry(string Key, string Digest);
}
