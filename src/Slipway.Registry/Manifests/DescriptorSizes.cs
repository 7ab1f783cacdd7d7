using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Manifests;

/// <summary>
/// Compares the sizes that a manifest states with those of what it refers to. containerd refuses to pull what differs, and others believe the stated
/// size: a wrong one fails where it is made. What a digest names never changes its size, so that this may be read before the manifest is stored.
/// </summary>
sealed class DescriptorSizes(Database.Database database)
{
    /// <summary>The first descriptor whose content the repository has in another size, with that size; null where there is none.</summary>
    public (Descriptor Descriptor, long Size)? FindWrong(RepositoryName repository, ManifestDocument document)
    {
        // Of layers with urls, too: they may be elsewhere, but what is here is compared.
        return database.Read<(Descriptor, long)?>(connection =>
        {
            if (RepositoryRow.Find(connection, repository) is not { } id) return null;
            foreach (var descriptor in document.Descriptors.DistinctBy(descriptor => (descriptor.Digest, descriptor.Size)))
                if (SizeOf(connection, id, descriptor.Digest) is { } size && size != descriptor.Size) return (descriptor, size);
            return null;
        });
    }

    static long? SizeOf(DbConnection connection, long repositoryId, Digest digest) => connection.ExecuteScalar<long?>(
        """
        SELECT b.size FROM registry_blobs b JOIN registry_repository_blobs l ON l.blob_id = b.id AND l.repository_id = @repositoryId WHERE b.digest = @digest
        UNION ALL
        SELECT length(content) FROM registry_manifests WHERE repository_id = @repositoryId AND digest = @digest
        """,
        new { repositoryId, digest = digest.Value });
}
