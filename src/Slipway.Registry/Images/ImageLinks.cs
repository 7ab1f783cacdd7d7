using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Images;

/// <summary>
/// An image into another repository without its bytes: links and rows. Entries of an index come with it, and what is attached to it (signatures, SBOMs).
/// Only inside a write.
/// </summary>
sealed class ImageLinks(TimeProvider time)
{
    /// <returns>The image in the other repository.</returns>
    public ManifestRef Copy(DbConnection connection, ManifestRef image, RepositoryName from, RepositoryName to, IReadOnlyCollection<string> tags)
    {
        var missing = connection.Query<string>(
            """
            SELECT f.digest FROM registry_manifest_references f WHERE f.manifest_id = @Id
              AND NOT EXISTS (SELECT 1 FROM registry_manifests m WHERE m.repository_id = @RepositoryId AND m.digest = f.digest)
              AND NOT EXISTS (SELECT 1 FROM registry_blobs b JOIN registry_repository_blobs l ON l.blob_id = b.id WHERE l.repository_id = @RepositoryId AND b.digest = f.digest AND b.damaged IS NULL)
            ORDER BY f.digest
            """,
            new { image.Id, image.RepositoryId }).AsList();
        if (missing.Count > 0) throw new ConflictException($"{from}@{image.Digest} is not complete here, {missing[0]} is missing{(missing.Count > 1 ? $" and {missing.Count - 1} more" : "")}: pull or push it whole first.");
        QuotaGuard.BeforeManifest(connection, to, Digest.Parse(image.Digest), image.Size, tags);
        var copy = Insert(connection, image, to);
        foreach (var blobId in connection.Query<long>(
            "SELECT b.id FROM registry_manifest_references f JOIN registry_blobs b ON b.digest = f.digest WHERE f.manifest_id = @Id AND b.id NOT IN (SELECT blob_id FROM registry_repository_blobs WHERE repository_id = @target)",
            new { image.Id, target = copy.RepositoryId }).AsList())
        {
            QuotaGuard.BeforeLink(connection, to, blobId);
            connection.Execute("INSERT INTO registry_repository_blobs (repository_id, blob_id) VALUES (@RepositoryId, @blobId) ON CONFLICT (repository_id, blob_id) DO NOTHING", new { copy.RepositoryId, blobId });
        }
        foreach (var below in connection.Query<ManifestRef>(
            $"""
            SELECT {ManifestRef.Columns} FROM registry_manifests m WHERE m.repository_id = @RepositoryId AND (m.subject = @Digest
                OR m.digest IN (SELECT f.digest FROM registry_manifest_references f WHERE f.manifest_id = @Id AND f.kind = 'manifest'))
              AND NOT EXISTS (SELECT 1 FROM registry_manifests c WHERE c.repository_id = @target AND c.digest = m.digest)
            """,
            new { image.RepositoryId, image.Digest, image.Id, target = copy.RepositoryId }).AsList())
            Copy(connection, below, from, to, []);
        return copy;
    }

    ManifestRef Insert(DbConnection connection, ManifestRef image, RepositoryName to)
    {
        var target = RepositoryRow.Ensure(connection, to);
        var id = connection.ExecuteScalar<long>(
            """
            INSERT INTO registry_manifests (repository_id, digest, media_type, content, subject, artifact_type, annotations, created, touched)
            SELECT @target, digest, media_type, content, subject, artifact_type, annotations, @now, @now FROM registry_manifests WHERE id = @Id
            ON CONFLICT (repository_id, digest) DO UPDATE SET touched = excluded.touched
            RETURNING id
            """,
            new { target, image.Id, now = time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture) });
        connection.Execute(
            """
            INSERT INTO registry_manifest_references (manifest_id, repository_id, kind, digest)
            SELECT @id, @target, f.kind, f.digest FROM registry_manifest_references f WHERE f.manifest_id = @source
              AND NOT EXISTS (SELECT 1 FROM registry_manifest_references g WHERE g.manifest_id = @id AND g.kind = f.kind AND g.digest = f.digest)
            """,
            new { id, target, source = image.Id });
        return image with { Id = id, RepositoryId = target };
    }
}
