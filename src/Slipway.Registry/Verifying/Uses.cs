using System.Data.Common;
using Dapper;

namespace Slipway.Registry.Verifying;

/// <summary>Who refers to a digest: repositories, manifests, and the tags by which people know them.</summary>
static class Uses
{
    const int Most = 100;

    /// <summary>How deep indexes of indexes are followed up to a tag.</summary>
    const int Depth = 4;

    public static (IReadOnlyList<VerifyUse> Uses, long More) OfBlob(DbConnection connection, string digest)
    {
        var manifests = connection.Query<Row>(
            """
            SELECT r.id AS repository_id, r.name AS repository, m.id AS manifest_id, m.digest
            FROM registry_manifest_references f JOIN registry_manifests m ON m.id = f.manifest_id JOIN registry_repositories r ON r.id = m.repository_id
            WHERE f.digest = @digest ORDER BY r.name, m.digest LIMIT @limit
            """,
            new { digest, limit = Most + 1 }).AsList();
        var uses = manifests.Take(Most).Select(row => Use(connection, row)).ToList();
        if (manifests.Count == 0)
            uses.AddRange(connection.Query<string>(
                """
                SELECT r.name FROM registry_repository_blobs l JOIN registry_blobs b ON b.id = l.blob_id JOIN registry_repositories r ON r.id = l.repository_id
                WHERE b.digest = @digest ORDER BY r.name LIMIT @limit
                """,
                new { digest, limit = Most }).Select(name => new VerifyUse(name, null, [])));
        var all = manifests.Count <= Most ? manifests.Count
            : connection.ExecuteScalar<long>("SELECT count(*) FROM registry_manifest_references WHERE digest = @digest", new { digest });
        return (uses, Math.Max(0, all - Most));
    }

    public static IReadOnlyList<VerifyUse> OfManifest(DbConnection connection, long manifestId) => connection.Query<Row>(
        """
        SELECT r.id AS repository_id, r.name AS repository, m.id AS manifest_id, m.digest
        FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id WHERE m.id = @manifestId
        """,
        new { manifestId }).Select(row => Use(connection, row)).ToList();

    static VerifyUse Use(DbConnection connection, Row row)
    {
        var tags = new SortedSet<string>(StringComparer.Ordinal);
        var level = new HashSet<(long Id, string Digest)> { (row.ManifestId, row.Digest) };
        for (var depth = 0; depth < Depth && level.Count > 0; depth++)
        {
            var above = new HashSet<(long, string)>();
            foreach (var (id, digest) in level)
            {
                tags.UnionWith(connection.Query<string>("SELECT name FROM registry_tags WHERE manifest_id = @id", new { id }));
                above.UnionWith(connection.Query<(long, string)>(
                    """
                    SELECT m.id, m.digest FROM registry_manifest_references f JOIN registry_manifests m ON m.id = f.manifest_id
                    WHERE f.repository_id = @repositoryId AND f.digest = @digest
                    """,
                    new { repositoryId = row.RepositoryId, digest }));
            }
            level = above;
        }
        return new VerifyUse(row.Repository, row.Digest, [.. tags]);
    }

    sealed record Row(long RepositoryId, string Repository, long ManifestId, string Digest);
}
