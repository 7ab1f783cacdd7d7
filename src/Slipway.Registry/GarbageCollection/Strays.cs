using Dapper;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Storage;

namespace Slipway.Registry.GarbageCollection;

/// <summary>
/// Bytes in the store of which no row speaks: a crash came between publish and commit. They must be older than any publish that may still be under way,
/// and there can't be many; when there are, the database is the wrong one, and deleting them would make that final.
/// </summary>
sealed partial class Strays(Database.Database database, IBlobStore store, DigestLocks locks, ILogger<Strays> log)
{
    const int Page = 500;

    /// <summary>Strays of one collection at the most; the next one takes the rest.</summary>
    const int Most = 100_000;

    /// <summary>So many are no question of a share.</summary>
    const int Few = 100;

    public async Task Collect(CollectionTally tally, TimeSpan age, bool all, Func<Task> keepOn, CancellationToken cancel)
    {
        var (objects, strays) = await Find(tally.Now - age, keepOn, cancel);
        if (!all && strays.Count > Few && strays.Count > objects / 10)
        {
            LogTooMany(strays.Count, objects);
            tally.StraysKept = strays.Count;
            return;
        }
        foreach (var stray in strays)
        {
            await keepOn();
            if (!tally.DryRun && !await Delete(stray, tally)) continue;
            tally.Strays++;
            tally.StrayBytes += stray.Size;
        }
    }

    async Task<(long Objects, List<StoredObject> Strays)> Find(DateTimeOffset before, Func<Task> keepOn, CancellationToken cancel)
    {
        var objects = 0L;
        var strays = new List<StoredObject>();
        var page = new List<StoredObject>(Page);
        await foreach (var stored in store.Blobs(cancel))
        {
            objects++;
            if (stored.LastWritten < before) page.Add(stored);
            if (page.Count < Page) continue;
            await keepOn();
            AddStrays(page, strays);
        }
        AddStrays(page, strays);
        return (objects, strays);
    }

    void AddStrays(List<StoredObject> page, List<StoredObject> strays)
    {
        if (page.Count == 0) return;
        var keys = page.Select(stored => stored.Key).ToList();
        // What is on the list of garbage has its own way to go.
        var known = database.Read(connection => connection.Query<string>(
            """
            SELECT object_key FROM registry_blobs WHERE object_key IN @keys
            UNION ALL SELECT object_key FROM registry_garbage WHERE object_key IN @keys
            """,
            new { keys })).ToHashSet(StringComparer.Ordinal);
        strays.AddRange(page.Where(stored => !known.Contains(stored.Key)).Take(Most - strays.Count));
        page.Clear();
    }

    /// <summary>False where it is no stray any more, or could not be deleted.</summary>
    async Task<bool> Delete(StoredObject stray, CollectionTally tally)
    {
        using var turn = stray.Digest is { } digest ? await locks.Enter(digest, CancellationToken.None) : null;
        if (database.Read(connection => UnlinkedBlobs.HasRow(connection, stray.Key))) return false;
        try
        {
            await store.Delete(stray.Key, CancellationToken.None);
            return true;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogNotDeleted(stray.Key, error.Message);
            tally.Failed++;
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Strays} of the store's {Objects} objects have no row in the database: they are left alone, because the database may not be the one of this store. When it is: slipway registry gc --all-strays")]
    partial void LogTooMany(int strays, long objects);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store did not delete the stray '{Key}'; the next collection tries again: {Reason}")]
    partial void LogNotDeleted(string key, string reason);
}
