using System.Buffers;
using System.Data.Common;
using System.Globalization;
using System.Security.Cryptography;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Verifying;

/// <summary>Re-reads what the store has for a blob's row and says what is wrong with it. Thread-safe.</summary>
sealed class BlobCheck(Database.Database database, IBlobStore store, DigestLocks locks, EventLog events, TimeProvider time)
{
    const int ReadSize = 256 << 10;

    /// <summary>Blobs after the row <paramref name="after"/>, in the order of their rows.</summary>
    public IReadOnlyList<CheckedBlob> After(long after, int limit) => database.Read(connection => connection.Query<CheckedBlob>(
        "SELECT id, digest, size, object_key AS key, damaged FROM registry_blobs WHERE id > @after ORDER BY id LIMIT @limit",
        new { after, limit }).AsList());

    /// <summary>What is wrong with it, or null.</summary>
    /// <param name="blob">Its row.</param>
    /// <param name="pace">Called with the count of bytes that were read; may take its time.</param>
    public async Task<BlobFault?> Check(CheckedBlob blob, Func<int, ValueTask> pace, CancellationToken cancel)
    {
        var fault = await Read(blob, pace, cancel);
        // It may have been collected or replaced while it was read: then what was found is of no blob any more.
        return fault is not null && IsCurrent(blob) ? fault : null;
    }

    /// <summary>
    /// Takes it out of what is served and mounted, so that clients find it missing and push it again; what is pushed then replaces it. False where it
    /// was withdrawn, collected or replaced already.
    /// </summary>
    public async Task<bool> Withdraw(CheckedBlob blob, BlobFault fault, Caller caller)
    {
        using var turn = await locks.Enter(Digest.Parse(blob.Digest), CancellationToken.None);
        // What was missing or too short may have been pushed again by now, under the same key.
        if (fault.FoundLength != blob.Size && await store.BlobLength(blob.Key, CancellationToken.None) != fault.FoundLength) return false;
        return await database.Write(connection => Withdraw(connection, blob, fault, caller));
    }

    /// <summary>Serves it again: it was withdrawn, and is whole.</summary>
    public Task<bool> Restore(CheckedBlob blob, Caller caller) => database.Write(connection =>
    {
        var changed = connection.Execute("UPDATE registry_blobs SET damaged = NULL WHERE id = @Id AND object_key = @Key AND damaged IS NOT NULL", new { blob.Id, blob.Key }) > 0;
        if (changed) events.Record(connection, caller, new RegistryEvent { Action = "restore", Target = "blob", Digest = blob.Digest, Size = blob.Size });
        return changed;
    });

    bool Withdraw(DbConnection connection, CheckedBlob blob, BlobFault fault, Caller caller)
    {
        var changed = connection.Execute(
            "UPDATE registry_blobs SET damaged = @now WHERE id = @Id AND object_key = @Key AND size = @Size AND damaged IS NULL",
            new { blob.Id, blob.Key, blob.Size, now = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) }) > 0;
        if (changed) events.Record(connection, caller, new RegistryEvent { Action = "withdraw", Target = "blob", Digest = blob.Digest, Size = blob.Size, Detail = fault.Detail });
        return changed;
    }

    async Task<BlobFault?> Read(CheckedBlob blob, Func<int, ValueTask> pace, CancellationToken cancel)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(ReadSize);
        try
        {
            await using var reader = await store.OpenBlob(blob.Key, cancel);
            if (reader is null) return new BlobFault("missing", $"the store has nothing at '{blob.Key}'", null);
            if (reader.Length != blob.Size) return new BlobFault("damaged", $"it has {reader.Length} bytes, and {blob.Size} were pushed", reader.Length);
            var digest = Digest.Parse(blob.Digest);
            using var hash = IncrementalHash.CreateHash(digest.Algorithm == "sha512" ? HashAlgorithmName.SHA512 : HashAlgorithmName.SHA256);
            for (long offset = 0; offset < blob.Size;)
            {
                var read = await reader.Read(buffer.AsMemory(0, ReadSize), offset, cancel);
                if (read == 0) return new BlobFault("damaged", $"it ends after {offset} of {blob.Size} bytes", blob.Size);
                hash.AppendData(buffer.AsSpan(0, read));
                offset += read;
                await pace(read);
            }
            var found = Convert.ToHexStringLower(hash.GetCurrentHash());
            return found == digest.Hex ? null : new BlobFault("damaged", $"its bytes have the digest {digest.Algorithm}:{found}", blob.Size);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return new BlobFault("unreadable", $"the store can't read it: {error.Message}", null);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    bool IsCurrent(CheckedBlob blob) => database.Read(connection => connection.ExecuteScalar<long?>(
        "SELECT id FROM registry_blobs WHERE id = @Id AND object_key = @Key AND size = @Size", new { blob.Id, blob.Key, blob.Size })) is not null
        && database.Read(connection => connection.QuerySingleOrDefault<string>("SELECT damaged FROM registry_blobs WHERE id = @Id", new { blob.Id })) == blob.Damaged;
}

/// <param name="Damaged">Since when it is withdrawn, or null.</param>
sealed record CheckedBlob(long Id, string Digest, long Size, string Key, string? Damaged);

/// <param name="Kind">"missing", "damaged", or "unreadable" (which may pass: a store that is away).</param>
/// <param name="FoundLength">Bytes that the store has, or null where it has nothing.</param>
sealed record BlobFault(string Kind, string Detail, long? FoundLength);
