using System.Globalization;
using Dapper;

namespace Slipway.Registry.Storage;

/// <summary>
/// That the database and the store belong together: both have the same mark, made at the first start. A database that is pointed at another store would speak of bytes that are
/// not there, and of two registries in one store each would take the other's blobs for garbage.
/// <code>
/// database  store   blobs in the database
/// none      none    none                    a mark is made: the row first, so that a crash in between leaves nothing that is refused
/// none      none    some, found there       one from before there were marks: a mark is made
/// none      X       some, found there       the same, after a crash, or from a backup: X is taken
/// none      X       none, or not there      refused: another database's
/// X         X                               right
/// X         Y                               refused
/// X         none    none                    X is written
/// X         none    some                    refused
/// </code>
/// </summary>
sealed class StoreMark(Database.Database database, IBlobStore store, TimeProvider time)
{
    /// <summary>So many of the newest blobs are looked for where there is no mark to go by.</summary>
    const int Sample = 20;

    /// <exception cref="IOException">They don't belong together; the text says what would be right.</exception>
    public async Task Check(CancellationToken cancel)
    {
        if (store is not IMarkedStore marked) return;
        // In this order: who makes a mark writes the row first.
        var found = await marked.ReadMark(cancel);
        var known = Known();
        if (known is null)
        {
            await Begin(marked, found, cancel);
            return;
        }
        if (found == known) return;
        if (found is not null)
            throw new IOException($"{marked.MarkPlace} says '{found}', but the blobs of this database are in the store '{known}': it is another registry's. Correct 'registry.storage' (bucket, container, prefix) or 'database'.");
        if (HasBlobs())
        {
            throw new IOException($"{marked.MarkPlace} is missing, and this database has blobs: it is another store, or not all of it. Correct 'registry.storage' (bucket, container, prefix) or 'database'; "
                + $"where it is the right store, put the line '{known}' there.");
        }
        await marked.WriteMark(known, cancel);
    }

    async Task Begin(IMarkedStore marked, string? found, CancellationToken cancel)
    {
        var hasBlobs = HasBlobs();
        if (hasBlobs && !await IsThere(cancel))
            throw new IOException($"the store has none of the {Sample} newest blobs of this database: it is another one. Correct 'registry.storage' (bucket, container, prefix) or 'database'.");
        if (!hasBlobs && found is not null)
        {
            throw new IOException($"{marked.MarkPlace} says '{found}': the store is another database's, whose blobs this one would take for garbage. Give an empty store or another 'prefix', or correct 'database'; "
                + "where the other database is gone for good, delete what is in the store, that with it.");
        }
        var mark = found ?? Guid.NewGuid().ToString("D");
        if (hasBlobs && found is null) await marked.WriteMark(mark, cancel);
        await database.Write(connection => connection.Execute(
            "INSERT INTO registry_store (name, mark, since) VALUES ('blobs', @mark, @since) ON CONFLICT (name) DO NOTHING",
            new { mark, since = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) }), cancel);
        // Another server may have been before us.
        var known = Known()!;
        if (!hasBlobs || known != mark) await marked.WriteMark(known, cancel);
    }

    string? Known() => database.Read(connection => connection.QueryFirstOrDefault<string>("SELECT mark FROM registry_store"));

    bool HasBlobs() => database.Read(connection => connection.QueryFirstOrDefault<string>("SELECT digest FROM registry_blobs LIMIT 1")) is not null;

    async Task<bool> IsThere(CancellationToken cancel)
    {
        var newest = database.Read(connection => connection.Query<(string Key, long Size)>("SELECT object_key, size FROM registry_blobs ORDER BY id DESC LIMIT @Sample", new { Sample }).ToList());
        foreach (var (key, size) in newest)
            if (await store.BlobLength(key, cancel) == size) return true;
        return false;
    }
}
