using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Names;

namespace Slipway.Registry.Rules;

/// <summary>
/// Keeps projects within their quotas. What decides is asked inside the write that adds something, beside which no other writes: many uploads at once
/// can't get past it together. A project without a quota costs one look-up.
/// </summary>
sealed class QuotaGuard(Database.Database database)
{
    const string Columns = "project, bytes, tags, repositories, used, stale";

    /// <summary>Before a blob is linked to a repository. The blob has its row.</summary>
    public static void BeforeLink(DbConnection connection, RepositoryName repository, long blobId)
    {
        if (Find(connection, ProjectScope.Of(repository)) is not { Bytes: not null } quota || HasBlob(connection, quota.Project, "b.id = @value", blobId)) return;
        Charge(connection, quota, connection.ExecuteScalar<long>("SELECT size FROM registry_blobs WHERE id = @blobId", new { blobId }));
    }

    /// <summary>Before a manifest is stored under its digest and these tags.</summary>
    public static void BeforeManifest(DbConnection connection, RepositoryName repository, Digest digest, long size, IReadOnlyCollection<string> tags)
    {
        if (Find(connection, ProjectScope.Of(repository)) is not { } quota) return;
        if (quota.Repositories is { } repositories && !Any(connection, "SELECT m.id FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id WHERE r.name = @name LIMIT 1", new { name = repository.Value })
            && CountRepositories(connection, quota.Project) is var used && used >= repositories)
            throw Refusal(quota.Project, "repositories", Text(used), Text(repositories), "1");
        if (quota.Bytes is not null && !Any(connection, "SELECT m.id FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id WHERE r.name = @name AND m.digest = @digest", new { name = repository.Value, digest = digest.Value }))
            Charge(connection, quota, size);
        BeforeTags(connection, repository, quota, tags);
    }

    /// <summary>Before tags point to a manifest that is there.</summary>
    public static void BeforeTags(DbConnection connection, RepositoryName repository, IReadOnlyCollection<string> tags)
    {
        if (Find(connection, ProjectScope.Of(repository)) is { } quota) BeforeTags(connection, repository, quota, tags);
    }

    /// <summary>Something of the project may have gone.</summary>
    public static void Removed(DbConnection connection, string repository) => connection.Execute(
        "UPDATE registry_quotas SET stale = stale + 1 WHERE project = @project",
        new { project = repository.IndexOf('/', StringComparison.Ordinal) is var slash and > 0 ? repository[..slash] : repository });

    /// <inheritdoc cref="Removed(DbConnection, string)"/>
    public static void Removed(DbConnection connection, IEnumerable<long> repositoryIds)
    {
        var ids = repositoryIds.Distinct().ToList();
        if (ids.Count == 0 || !Any(connection, "SELECT 1 FROM registry_quotas LIMIT 1", new { })) return;
        foreach (var name in connection.Query<string>("SELECT name FROM registry_repositories WHERE id IN @ids", new { ids })) Removed(connection, name);
    }

    /// <summary>
    /// The room of a project for one request, so that what can't be stored in the end is refused early; null where there is no bound. A courtesy: what
    /// decides comes at the end.
    /// </summary>
    /// <param name="digest">What is pushed, where it is known: a blob that the project has already costs nothing.</param>
    public async Task<ProjectRoom?> Room(RepositoryName repository, Digest? digest = null)
    {
        var (quota, counted) = database.Read(connection =>
            Find(connection, ProjectScope.Of(repository)) is { Bytes: not null } found && !(digest is { } known && HasBlob(connection, found.Project, "b.digest = @value", known.Value))
                ? (found, found.Stale == 0 ? found.Used : Count(connection, found.Project)) : (null, 0));
        if (quota is null) return null;
        // Counted outside of the write, so that nobody waits for it; kept where nothing has changed meanwhile.
        if (quota.Stale != 0)
            await database.Write(connection => connection.Execute(
                "UPDATE registry_quotas SET used = @counted, stale = 0 WHERE project = @Project AND used = @Used AND stale = @Stale",
                new { quota.Project, quota.Used, quota.Stale, counted }));
        return new ProjectRoom(quota.Project, counted, quota.Bytes!.Value);
    }

    /// <summary>Counted from what there is: every blob once, and manifests.</summary>
    public static long Count(DbConnection connection, string project) => connection.ExecuteScalar<long>(
        $"""
        SELECT CAST(coalesce((SELECT sum(b.size) FROM registry_blobs b WHERE b.id IN (
                   SELECT l.blob_id FROM registry_repositories r JOIN registry_repository_blobs l ON l.repository_id = r.id WHERE {ProjectScope.Sql})), 0)
             + coalesce((SELECT sum(length(m.content)) FROM registry_repositories r JOIN registry_manifests m ON m.repository_id = r.id WHERE {ProjectScope.Sql}), 0) AS BIGINT)
        """,
        ProjectScope.Of(project));

    public static long CountTags(DbConnection connection, string project) => connection.ExecuteScalar<long>(
        $"SELECT count(*) FROM registry_repositories r JOIN registry_tags t ON t.repository_id = r.id WHERE {ProjectScope.Sql}", ProjectScope.Of(project));

    /// <summary>Those that have an image.</summary>
    public static long CountRepositories(DbConnection connection, string project) => connection.ExecuteScalar<long>(
        $"SELECT count(*) FROM registry_repositories r WHERE {ProjectScope.Sql} AND EXISTS (SELECT 1 FROM registry_manifests m WHERE m.repository_id = r.id)", ProjectScope.Of(project));

    public static QuotaRow? Find(DbConnection connection, string project) => connection.QuerySingleOrDefault<QuotaRow>(
        // What a cache holds is another registry's; a pull must not fail for it.
        $"SELECT {Columns} FROM registry_quotas q WHERE q.project = @project AND NOT EXISTS (SELECT 1 FROM registry_caches c WHERE c.project = q.project)", new { project });

    static void Charge(DbConnection connection, QuotaRow quota, long more)
    {
        var (limit, used) = (quota.Bytes!.Value, quota.Used);
        var counted = false;
        if (used + more > limit && quota.Stale != 0) (used, counted) = (Count(connection, quota.Project), true);
        if (used + more > limit) throw Refusal(quota.Project, used, limit, more);
        connection.Execute(
            "UPDATE registry_quotas SET used = @used, stale = CASE WHEN @counted = 1 THEN 0 ELSE stale END WHERE project = @Project",
            new { quota.Project, used = used + more, counted = counted ? 1 : 0 });
    }

    static void BeforeTags(DbConnection connection, RepositoryName repository, QuotaRow quota, IReadOnlyCollection<string> tags)
    {
        if (quota.Tags is not { } limit || tags.Count == 0) return;
        var known = connection.ExecuteScalar<long>(
            "SELECT count(*) FROM registry_tags t JOIN registry_repositories r ON r.id = t.repository_id WHERE r.name = @name AND t.name IN @tags",
            new { name = repository.Value, tags });
        var used = CountTags(connection, quota.Project);
        if (tags.Count > known && used + tags.Count - known > limit) throw Refusal(quota.Project, "tags", Text(used), Text(limit), Text(tags.Count - known));
    }

    static bool HasBlob(DbConnection connection, string project, string condition, object value)
    {
        var scope = ProjectScope.Of(project);
        return Any(
            connection,
            $"""
            SELECT l.blob_id FROM registry_blobs b JOIN registry_repository_blobs l ON l.blob_id = b.id JOIN registry_repositories r ON r.id = l.repository_id
            WHERE {condition} AND {ProjectScope.Sql} LIMIT 1
            """,
            new { value, scope.Project, scope.First, scope.End });
    }

    static bool Any(DbConnection connection, string sql, object parameters) => connection.ExecuteScalar<long?>(sql, parameters) is not null;

    internal static RuleRefusedException Refusal(string project, long used, long limit, long more) =>
        Refusal(project, "bytes", $"{Text(used)} ({ByteText.Of(used)})", $"{Text(limit)} ({ByteText.Of(limit)})", $"{Text(more)} ({ByteText.Of(more)})");

    static RuleRefusedException Refusal(string project, string unit, string used, string limit, string more) => new(
        $"the quota of the project {project} is used up: {used} of {limit} {unit} are used, {more} more were asked for. Remove images and collect garbage, or have the quota raised");

    static string Text(long value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>What a project may still take.</summary>
sealed record ProjectRoom(string Project, long Used, long Limit)
{
    long Left => Math.Max(0, Limit - Used);

    /// <exception cref="RuleRefusedException">So many bytes are too many.</exception>
    public void Check(long bytes)
    {
        if (bytes > Left) throw QuotaGuard.Refusal(Project, Used, Limit, bytes);
    }

    /// <summary>The body, which breaks off with the refusal where it goes on beyond the room.</summary>
    /// <param name="had">Bytes that came before it.</param>
    public Stream Bound(Stream body, long had) => new BoundedBody(body, Left - had, read => QuotaGuard.Refusal(Project, Used, Limit, had + read));
}

sealed record QuotaRow
{
    public string Project { get; init; } = "";

    public long? Bytes { get; init; }

    public long? Tags { get; init; }

    public long? Repositories { get; init; }

    public long Used { get; init; }

    public long Stale { get; init; }
}
