using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Manifests;

/// <summary>Manifests, what they refer to, and the tags that point to them.</summary>
sealed class ManifestStore(Database.Database database, ManifestCache cache, ImmutableTags immutable, EventLog events, TimeProvider time)
{
    const string ByDigest =
        """
        FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id
        WHERE r.name = @repository AND m.digest = @reference
        """;

    const string ByTag =
        """
        FROM registry_tags t JOIN registry_repositories r ON r.id = t.repository_id JOIN registry_manifests m ON m.id = t.manifest_id
        WHERE r.name = @repository AND t.name = @reference
        """;

    public StoredManifest? Find(RepositoryName repository, Reference reference) =>
        database.IsShared ? FindShared(repository, reference) : FindOwn(repository, reference);

    /// <summary>No other server writes: what is in memory is true.</summary>
    StoredManifest? FindOwn(RepositoryName repository, Reference reference)
    {
        if (cache.Find(repository, reference.Text) is { } cached) return cached;
        var version = cache.Version;
        var row = database.Read(connection => connection.QuerySingleOrDefault<ManifestRow>(
            $"SELECT m.digest, m.media_type, m.content {From(reference)}", new { repository = repository.Value, reference = reference.Text }));
        if (row is null) return null;
        var manifest = new StoredManifest(Digest.Parse(row.Digest), row.MediaType, row.Content);
        cache.Keep(repository, reference.Text, manifest, version);
        return manifest;
    }

    /// <summary>
    /// Another server may have moved the tag or deleted the manifest a moment ago: which manifest it is comes from the database each time, and only its
    /// bytes, which are the same for ever, from memory.
    /// </summary>
    StoredManifest? FindShared(RepositoryName repository, Reference reference) => database.Read(connection =>
    {
        var found = connection.QuerySingleOrDefault<IdentityRow>(
            $"SELECT m.id, m.digest, m.media_type {From(reference)}", new { repository = repository.Value, reference = reference.Text });
        if (found is null) return null;
        var cached = cache.Find(repository, found.Digest);
        if (cached?.MediaType == found.MediaType) return cached;
        if (cached is not null) cache.Forget(repository, [found.Digest]);
        var content = connection.ExecuteScalar<byte[]>("SELECT content FROM registry_manifests WHERE id = @Id", new { found.Id })!;
        var manifest = new StoredManifest(Digest.Parse(found.Digest), found.MediaType, content);
        cache.Keep(repository, found.Digest, manifest, cache.Version);
        return manifest;
    });

    static string From(Reference reference) => reference is Reference.ByDigest ? ByDigest : ByTag;

    /// <summary>
    /// Stores a manifest with its references and tags in one transaction, or nothing of it: returns the digests of what it refers to and the
    /// repository does not have, empty when it was stored. A subject need not be there.
    /// </summary>
    /// <param name="partial">A cache's: what it refers to may come later, when it is asked for.</param>
    public async Task<IReadOnlyList<Digest>> Put(
        RepositoryName repository, StoredManifest manifest, ManifestDocument document, IReadOnlyList<TagName> tags, Caller caller, CancellationToken cancel, bool partial = false)
    {
        var blobs = document.Blobs.ToList();
        var children = document.Children.ToList();
        try
        {
            return await database.Write<IReadOnlyList<Digest>>(
                connection =>
                {
                    var known = RepositoryRow.Find(connection, repository) ?? 0;
                    List<Digest> missing = partial ? [] :
                    [
                        .. blobs.Where(digest => !HasBlob(connection, known, digest)),
                        // BuildKit's cache lists layers in an index: an entry may be a manifest or a blob.
                        .. children.Where(digest => !HasManifest(connection, known, digest) && !HasBlob(connection, known, digest)),
                    ];
                    if (missing.Count > 0) return missing;

                    QuotaGuard.BeforeManifest(connection, repository, manifest.Digest, manifest.Content.Length, [.. tags.Select(tag => tag.Value)]);
                    var repositoryId = RepositoryRow.Ensure(connection, repository);
                    var manifestId = Insert(connection, repositoryId, manifest, document, partial);
                    connection.Execute("DELETE FROM registry_manifest_references WHERE manifest_id = @manifestId", new { manifestId });
                    foreach (var digest in blobs) Refer(connection, repositoryId, manifestId, "blob", digest);
                    foreach (var digest in children) Refer(connection, repositoryId, manifestId, "manifest", digest);
                    foreach (var tag in tags)
                    {
                        // A cache follows its upstream.
                        if (!partial) immutable.CheckMove(connection, repository, repositoryId, tag, manifestId);
                        Point(connection, repositoryId, tag, manifestId, Now());
                    }
                    var pushed = new RegistryEvent
                    {
                        Action = "push", Target = "manifest", Repository = repository.Value, Digest = manifest.Digest.Value, MediaType = manifest.MediaType,
                        Size = manifest.Content.Length,
                    };
                    if (tags.Count == 0) events.Record(connection, caller, pushed);
                    foreach (var tag in tags) events.Record(connection, caller, pushed with { Tag = tag.Value });
                    return missing;
                },
                cancel);
        }
        finally
        {
            cache.Forget(repository, tags.Select(tag => tag.Value).Append(manifest.Digest.Value));
        }
    }

    /// <summary>Points a tag to a manifest of the repository. False where it does not have it.</summary>
    public async Task<bool> Tag(RepositoryName repository, TagName tag, Digest digest, Caller caller, CancellationToken cancel)
    {
        try
        {
            return await database.Write(
                connection =>
                {
                    if (RepositoryRow.Find(connection, repository) is not { } repositoryId) return false;
                    if (FindManifest(connection, repositoryId, digest) is not { } manifestId) return false;
                    immutable.CheckMove(connection, repository, repositoryId, tag, manifestId);
                    QuotaGuard.BeforeTags(connection, repository, [tag.Value]);
                    Point(connection, repositoryId, tag, manifestId, Now());
                    events.Record(connection, caller, new RegistryEvent { Action = "push", Target = "tag", Repository = repository.Value, Digest = digest.Value, Tag = tag.Value });
                    return true;
                },
                cancel);
        }
        finally
        {
            cache.Forget(repository, [tag.Value]);
        }
    }

    /// <summary>Removes a tag, or a manifest with all its tags. False where it is not there.</summary>
    public async Task<bool> Delete(RepositoryName repository, Reference reference, Caller caller, CancellationToken cancel)
    {
        List<string> gone = [reference.Text];
        try
        {
            return await database.Write(
                connection =>
                {
                    if (RepositoryRow.Find(connection, repository) is not { } id) return false;
                    if (reference is not Reference.ByDigest { Digest: var digest }) return DeleteTag(connection, repository, id, reference.Text, caller);
                    if (FindManifest(connection, id, digest) is not { } manifestId) return false;
                    gone.AddRange(connection.Query<string>("SELECT name FROM registry_tags WHERE manifest_id = @manifestId", new { manifestId }));
                    immutable.CheckRemove(connection, repository, gone.Skip(1));
                    immutable.CheckRemoveContent(connection, repository, id, digest);
                    QuotaGuard.Removed(connection, repository.Value);
                    connection.Execute("DELETE FROM registry_manifests WHERE id = @manifestId", new { manifestId });
                    events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "manifest", Repository = repository.Value, Digest = digest.Value });
                    return true;
                },
                cancel);
        }
        finally
        {
            cache.Forget(repository, gone);
        }
    }

    /// <summary>Removes a repository with everything that it has; blobs that others have stay theirs. False where it is not there.</summary>
    public async Task<bool> DeleteRepository(RepositoryName repository, Caller caller, CancellationToken cancel)
    {
        List<string> gone = [];
        try
        {
            return await database.Write(
                connection =>
                {
                    if (RepositoryRow.Find(connection, repository) is not { } id) return false;
                    gone.AddRange(connection.Query<string>("SELECT name FROM registry_tags WHERE repository_id = @id", new { id }));
                    immutable.CheckRemove(connection, repository, gone);
                    QuotaGuard.Removed(connection, repository.Value);
                    gone.AddRange(connection.Query<string>("SELECT digest FROM registry_manifests WHERE repository_id = @id", new { id }));
                    connection.Execute("DELETE FROM registry_repositories WHERE id = @id", new { id });
                    events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "repository", Repository = repository.Value });
                    return true;
                },
                cancel);
        }
        finally
        {
            cache.Forget(repository, gone);
        }
    }

    bool DeleteTag(DbConnection connection, RepositoryName repository, long repositoryId, string tag, Caller caller)
    {
        LosesTag(connection, repositoryId, tag, Now());
        if (connection.Execute("DELETE FROM registry_tags WHERE repository_id = @repositoryId AND name = @tag", new { repositoryId, tag }) == 0) return false;
        immutable.CheckRemove(connection, repository, [tag]);
        events.Record(connection, caller, new RegistryEvent { Action = "delete", Target = "tag", Repository = repository.Value, Tag = tag });
        return true;
    }

    long Insert(DbConnection connection, long repositoryId, StoredManifest manifest, ManifestDocument document, bool partial) => connection.ExecuteScalar<long>(
        """
        INSERT INTO registry_manifests (repository_id, digest, media_type, content, subject, artifact_type, annotations, created, touched, partial)
        VALUES (@repositoryId, @digest, @mediaType, @content, @subject, @artifactType, @annotations, @created, @created, @partial)
        ON CONFLICT (repository_id, digest) DO UPDATE SET media_type = excluded.media_type, content = excluded.content, touched = excluded.touched,
            partial = registry_manifests.partial * excluded.partial
        RETURNING id
        """,
        new
        {
            repositoryId,
            digest = manifest.Digest.Value,
            mediaType = manifest.MediaType,
            content = manifest.Content,
            subject = document.Subject?.Digest.Value,
            artifactType = document.EffectiveArtifactType,
            annotations = document.Subject is null ? null : document.Annotations?.GetRawText(),
            created = Now(),
            partial = partial ? 1 : 0,
        });

    /// <summary>Only inside a write, after the rules were asked.</summary>
    internal static void Point(DbConnection connection, long repositoryId, TagName tag, long manifestId, string now)
    {
        LosesTag(connection, repositoryId, tag.Value, now);
        connection.Execute(
            """
            INSERT INTO registry_tags (repository_id, name, manifest_id, updated) VALUES (@repositoryId, @tag, @manifestId, @now)
            ON CONFLICT (repository_id, name) DO UPDATE SET manifest_id = excluded.manifest_id, updated = excluded.updated
            """,
            new { repositoryId, tag = tag.Value, manifestId, now });
    }

    /// <summary>Whatever the tag points to counts as untagged from now on, not from when it was pushed.</summary>
    static void LosesTag(DbConnection connection, long repositoryId, string tag, string now) => connection.Execute(
        "UPDATE registry_manifests SET touched = @now WHERE id = (SELECT manifest_id FROM registry_tags WHERE repository_id = @repositoryId AND name = @tag)",
        new { repositoryId, tag, now });

    static void Refer(DbConnection connection, long repositoryId, long manifestId, string kind, Digest digest) => connection.Execute(
        "INSERT INTO registry_manifest_references (manifest_id, repository_id, kind, digest) VALUES (@manifestId, @repositoryId, @kind, @digest)",
        new { manifestId, repositoryId, kind, digest = digest.Value });

    static bool HasBlob(DbConnection connection, long repositoryId, Digest digest) => connection.ExecuteScalar<long?>(
        """
        SELECT b.id FROM registry_blobs b JOIN registry_repository_blobs l ON l.blob_id = b.id AND l.repository_id = @repositoryId
        WHERE b.digest = @digest AND b.damaged IS NULL
        """,
        new { repositoryId, digest = digest.Value }) is not null;

    static bool HasManifest(DbConnection connection, long repositoryId, Digest digest) => FindManifest(connection, repositoryId, digest) is not null;

    static long? FindManifest(DbConnection connection, long repositoryId, Digest digest) => connection.ExecuteScalar<long?>(
        "SELECT id FROM registry_manifests WHERE repository_id = @repositoryId AND digest = @digest",
        new { repositoryId, digest = digest.Value });

    string Now() => time.GetUtcNow().ToString("O", CultureInfo.InvariantCulture);

    sealed record ManifestRow(string Digest, string MediaType, byte[] Content);

    sealed record IdentityRow(long Id, string Digest, string MediaType);
}
