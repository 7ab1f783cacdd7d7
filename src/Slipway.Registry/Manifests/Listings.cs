using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Manifests;

/// <summary>Lists in pages; each page is a range scan of one index, however long the list is.</summary>
sealed class Listings(Database.Database database)
{
    /// <summary>Characters of annotations in one page of referrers: each of them may have as many as fit into a manifest.</summary>
    const int MaxAnnotations = 4 << 20;

    /// <summary>Repositories that have a manifest, in the order of their bytes, after <paramref name="after"/>.</summary>
    public IReadOnlyList<string> Repositories(string after, int limit) => database.Read(connection => connection.Query<string>(
        """
        SELECT name FROM registry_repositories r WHERE name > @after
        AND EXISTS (SELECT 1 FROM registry_manifests m WHERE m.repository_id = r.id)
        ORDER BY name LIMIT @limit
        """,
        new { after, limit }).AsList());

    /// <summary>Tags in the order of their bytes; null where there is no such repository.</summary>
    public IReadOnlyList<string>? Tags(RepositoryName repository, string after, int limit) => database.Read(connection =>
        RepositoryRow.Find(connection, repository) is not { } id ? null : connection.Query<string>(
            "SELECT name FROM registry_tags WHERE repository_id = @id AND name > @after ORDER BY name LIMIT @limit",
            new { id, after, limit }).AsList());

    /// <summary>
    /// Manifests whose subject is the digest, in the order of their digests; none where there is no such repository or subject. A page ends early
    /// where their annotations have grown to <see cref="MaxAnnotations"/>; <c>More</c> tells whether something comes after it.
    /// </summary>
    public (IReadOnlyList<Referrer> Page, bool More) Referrers(RepositoryName repository, Digest subject, string? artifactType, string after, int limit) =>
        database.Read<(IReadOnlyList<Referrer>, bool)>(connection =>
        {
            var page = new List<Referrer>();
            var annotations = 0L;
            foreach (var referrer in ReferrerRows(connection, repository, subject, artifactType, after, limit + 1))
            {
                annotations += referrer.Annotations?.Length ?? 0;
                if (page.Count == limit || (page.Count > 0 && annotations > MaxAnnotations)) return (page, true);
                page.Add(referrer);
            }
            return (page, false);
        });

    // Not buffered: each row may carry annotations of megabytes.
    static IEnumerable<Referrer> ReferrerRows(DbConnection connection, RepositoryName repository, Digest subject, string? artifactType, string after, int limit) =>
        connection.Query<Referrer>(
            """
            SELECT m.digest, m.media_type, length(m.content) AS size, m.artifact_type, m.annotations
            FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id
            WHERE r.name = @repository AND m.subject = @subject AND m.digest > @after AND (@artifactType IS NULL OR m.artifact_type = @artifactType)
            ORDER BY m.digest LIMIT @limit
            """,
            new { repository = repository.Value, subject = subject.Value, artifactType, after, limit }, buffered: false);

    /// <summary>What the registry holds in all.</summary>
    public RegistryUsage Usage() => database.Read(connection => connection.QuerySingle<RegistryUsage>(
        """
        SELECT (SELECT count(DISTINCT repository_id) FROM registry_manifests) AS repositories,
               (SELECT count(*) FROM registry_tags) AS tags,
               (SELECT count(*) FROM registry_manifests) AS manifests,
               (SELECT count(*) FROM registry_blobs) AS blobs,
               (SELECT CAST(coalesce(sum(size), 0) AS BIGINT) FROM registry_blobs) AS bytes
        """));
}

sealed record Referrer
{
    // Properties, not a constructor: of an empty result SQLite does not know what type length() would have had.
    public string Digest { get; init; } = "";

    public string MediaType { get; init; } = "";

    public long Size { get; init; }

    public string? ArtifactType { get; init; }

    /// <summary>A JSON object.</summary>
    public string? Annotations { get; init; }
}
