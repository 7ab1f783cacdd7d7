using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;

namespace Slipway.Registry.Storage;

/// <summary>Which blobs there are, how large, under which key of the store, and which repository may serve them.</summary>
sealed class BlobIndex(Database.Database database, EventLog events, TimeProvider time)
{
    /// <summary>Null where the repository does not have the blob, whoever else has it.</summary>
    public StoredBlob? Find(RepositoryName repository, Digest digest) => database.Read(connection => connection.QuerySingleOrDefault<StoredBlob>(
        """
        SELECT b.size, b.object_key AS key
        FROM registry_blobs b
        JOIN registry_repository_blobs l ON l.blob_id = b.id
        JOIN registry_repositories r ON r.id = l.repository_id
        WHERE b.digest = @digest AND r.name = @repository
        """,
        new { digest = digest.Value, repository = repository.Value }));

    /// <summary>A blob that some repository has, or had; null where none does. Not for answers: who may have it is another question.</summary>
    public StoredBlob? FindAnywhere(Digest digest) => database.Read(connection => connection.QuerySingleOrDefault<StoredBlob>(
        "SELECT size, object_key AS key FROM registry_blobs WHERE digest = @digest", new { digest = digest.Value }));

    /// <summary>Gives a blob that is stored for another repository to this one, which has been shown to be entitled to it. False where it is not stored.</summary>
    public Task<bool> Adopt(RepositoryName repository, Digest digest, Caller caller) => database.Write(connection =>
    {
        if (connection.ExecuteScalar<long?>("SELECT id FROM registry_blobs WHERE digest = @digest", new { digest = digest.Value }) is not { } blobId) return false;
        Link(connection, repository, blobId);
        events.Record(connection, caller, Event("mount", repository, digest));
        return true;
    });

    /// <summary>Records bytes that the store has published, gives them to the repository, and ends the upload that they came by, in one transaction.</summary>
    public Task Add(RepositoryName repository, Digest digest, StoredBlob blob, Guid upload, Caller caller) => database.Write(connection =>
    {
        var blobId = connection.ExecuteScalar<long>(
            """
            INSERT INTO registry_blobs (digest, size, object_key, created) VALUES (@digest, @size, @key, @created)
            ON CONFLICT (digest) DO UPDATE SET size = excluded.size, object_key = excluded.object_key
            RETURNING id
            """,
            new { digest = digest.Value, size = blob.Size, key = blob.Key, created = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) });
        Link(connection, repository, blobId);
        connection.Execute("DELETE FROM registry_uploads WHERE id = @upload", new { upload = upload.ToString("D", CultureInfo.InvariantCulture) });
        events.Record(connection, caller, Event("push", repository, digest) with { Size = blob.Size });
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
            WHERE b.digest = @digest AND r.name = @from
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
        if (gone) events.Record(connection, caller, Event("delete", repository, digest));
        return gone;
    });

    static RegistryEvent Event(string action, RepositoryName repository, Digest digest) =>
        new() { Action = action, Target = "blob", Repository = repository.Value, Digest = digest.Value };

    static void Link(DbConnection connection, RepositoryName repository, long blobId) => connection.Execute(
        "INSERT INTO registry_repository_blobs (repository_id, blob_id) VALUES (@id, @blobId) ON CONFLICT DO NOTHING",
        new { id = RepositoryRow.Ensure(connection, repository), blobId });
}

/// <param name="Size">Bytes.</param>
/// <param name="Key">Where the store has it.</param>
sealed record StoredBlob(long Size, string Key);
