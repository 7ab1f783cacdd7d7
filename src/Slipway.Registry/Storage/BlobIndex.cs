using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Uploads;

namespace Slipway.Registry.Storage;

/// <summary>
/// Which blobs there are, how large, under which key of the store, and which repository may serve them and until when it keeps them without a manifest
/// that refers to them (the lease). A blob that is known to be damaged is not there.
/// </summary>
sealed class BlobIndex(Database.Database database, ImmutableTags immutable, EventLog events, UploadHolds holds, RegistryOptions options, TimeProvider time)
{
    /// <summary>Null where the repository does not have the blob, whoever else has it.</summary>
    public StoredBlob? Find(RepositoryName repository, Digest digest) => database.Read(connection => connection.QuerySingleOrDefault<StoredBlob>(
        """
        SELECT b.size, b.object_key AS key, l.leased_until
        FROM registry_blobs b
        JOIN registry_repository_blobs l ON l.blob_id = b.id
        JOIN registry_repositories r ON r.id = l.repository_id
        WHERE b.digest = @digest AND r.name = @repository AND b.damaged IS NULL
        """,
        new { digest = digest.Value, repository = repository.Value }));

    /// <summary>A blob that some repository has, or had; null where none does. Not for answers: who may have it is another question.</summary>
    public StoredBlob? FindAnywhere(Digest digest) => database.Read(connection => connection.QuerySingleOrDefault<StoredBlob>(
        "SELECT size, object_key AS key, '' AS leased_until FROM registry_blobs WHERE digest = @digest AND damaged IS NULL",
        new { digest = digest.Value }));

    /// <summary>
    /// Sees to it that the repository keeps the blob for at least half a lease more, and writes only when less is left. False where it was collected
    /// in the meantime: it is not there.
    /// </summary>
    /// <param name="found">What <see cref="Find"/> answered.</param>
    public async Task<bool> Keep(RepositoryName repository, Digest digest, StoredBlob found)
    {
        var now = time.GetUtcNow();
        if (string.CompareOrdinal(found.LeasedUntil, Text(now + options.Lease / 2)) > 0) return true;
        return await database.Write(connection => connection.Execute(
            """
            UPDATE registry_repository_blobs SET leased_until = @until
            WHERE repository_id = (SELECT id FROM registry_repositories WHERE name = @repository)
              AND blob_id = (SELECT id FROM registry_blobs WHERE digest = @digest AND damaged IS NULL)
            """,
            new { repository = repository.Value, digest = digest.Value, until = Text(now + options.Lease) })) > 0;
    }

    /// <summary>Gives a blob that is stored for another repository to this one, which has been shown to be entitled to it. False where it is not stored.</summary>
    public Task<bool> Adopt(RepositoryName repository, Digest digest, Caller caller) => database.Write(connection =>
    {
        if (connection.ExecuteScalar<long?>("SELECT id FROM registry_blobs WHERE digest = @digest AND damaged IS NULL", new { digest = digest.Value }) is not { } blobId) return false;
        Link(connection, repository, blobId);
        events.Record(connection, caller, Event("mount", repository, digest));
        return true;
    });

    /// <summary>Records bytes that the store has published, gives them to the repository, and ends the upload that they came by, in one transaction.</summary>
    public Task Add(RepositoryName repository, Digest digest, StoredBlob blob, Guid upload, Caller caller) => database.Write(connection =>
    {
        var before = connection.QuerySingleOrDefault<StoredBlob>(
            "SELECT size, object_key AS key, '' AS leased_until FROM registry_blobs WHERE digest = @digest", new { digest = digest.Value });
        // Not at once: somebody may have been sent to the old bytes just now.
        if (before is not null && before.Key != blob.Key) Garbage.Add(connection, digest.Value, before, time.GetUtcNow() + options.Lease);
        Garbage.Remove(connection, blob.Key);
        var blobId = connection.ExecuteScalar<long>(
            """
            INSERT INTO registry_blobs (digest, size, object_key, created) VALUES (@digest, @size, @key, @created)
            ON CONFLICT (digest) DO UPDATE SET size = excluded.size, object_key = excluded.object_key, damaged = NULL
            RETURNING id
            """,
            new { digest = digest.Value, size = blob.Size, key = blob.Key, created = Text(time.GetUtcNow()) });
        Arrive(connection, repository, blobId, digest, blob.Size, upload, caller);
    });

    /// <summary>Gives bytes that are stored already to one more repository that has pushed them. False where they are not there any more.</summary>
    public Task<bool> Share(RepositoryName repository, Digest digest, StoredBlob blob, Guid upload, Caller caller) => database.Write(connection =>
    {
        var blobId = connection.ExecuteScalar<long?>(
            "SELECT id FROM registry_blobs WHERE digest = @digest AND object_key = @key AND size = @size AND damaged IS NULL",
            new { digest = digest.Value, key = blob.Key, size = blob.Size });
        if (blobId is null) return false;
        Arrive(connection, repository, blobId.Value, digest, blob.Size, upload, caller);
        return true;
    });

    /// <summary>Gives a blob of one repository to another. False where the first does not have it.</summary>
    public Task<bool> Mount(RepositoryName from, RepositoryName to, Digest digest, Caller caller) => database.Write(connection =>
    {
        var blobId = connection.ExecuteScalar<long?>(
            """
            SELECT b.id
            FROM registry_blobs b
            JOIN registry_repository_blobs l ON l.blob_id = b.id
            JOIN registry_repositories r ON r.id = l.repository_id
            WHERE b.digest = @digest AND r.name = @from AND b.damaged IS NULL
            """,
            new { digest = digest.Value, from = from.Value });
        if (blobId is null) return false;
        Link(connection, to, blobId.Value);
        events.Record(connection, caller, Event("mount", to, digest) with { Detail = $"from {from}" });
        return true;
    });

    /// <summary>Takes the blob from the repository; its bytes stay for the others. False where the repository does not have it.</summary>
    public Task<bool> Unlink(RepositoryName repository, Digest digest, Caller caller) => database.Write(connection =>
    {
        var gone = connection.Execute(
            """
            DELETE FROM registry_repository_blobs
            WHERE repository_id = (SELECT id FROM registry_repositories WHERE name = @repository)
              AND blob_id = (SELECT id FROM registry_blobs WHERE digest = @digest)
            """,
            new { repository = repository.Value, digest = digest.Value }) > 0;
        if (!gone) return false;
        immutable.CheckRemoveContent(connection, repository, RepositoryRow.Ensure(connection, repository), digest);
        QuotaGuard.Removed(connection, repository.Value);
        events.Record(connection, caller, Event("delete", repository, digest));
        return true;
    });

    void Arrive(DbConnection connection, RepositoryName repository, long blobId, Digest digest, long size, Guid upload, Caller caller)
    {
        Link(connection, repository, blobId);
        holds.End(connection, upload);
        events.Record(connection, caller, Event("push", repository, digest) with { Size = size });
    }

    void Link(DbConnection connection, RepositoryName repository, long blobId)
    {
        QuotaGuard.BeforeLink(connection, repository, blobId);
        connection.Execute(
            """
            INSERT INTO registry_repository_blobs (repository_id, blob_id, leased_until) VALUES (@id, @blobId, @until)
            ON CONFLICT (repository_id, blob_id) DO UPDATE SET leased_until = excluded.leased_until
            """,
            new { id = RepositoryRow.Ensure(connection, repository), blobId, until = Text(time.GetUtcNow() + options.Lease) });
    }

    static RegistryEvent Event(string action, RepositoryName repository, Digest digest) =>
        new() { Action = action, Target = "blob", Repository = repository.Value, Digest = digest.Value };

    static string Text(DateTimeOffset moment) => moment.ToString("O", CultureInfo.InvariantCulture);
}

/// <param name="Size">Bytes.</param>
/// <param name="Key">Where the store has it.</param>
/// <param name="LeasedUntil">Until when the repository that it was found in keeps it without a manifest that refers to it; empty where none was asked.</param>
sealed record StoredBlob(long Size, string Key, string LeasedUntil = "");
