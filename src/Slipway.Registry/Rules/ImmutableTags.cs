using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Mirroring;
using Slipway.Registry.Names;

namespace Slipway.Registry.Rules;

/// <summary>
/// Refuses what would move or remove an immutable tag. Asked inside the write that would do it, so that of two pushes to one such tag exactly one wins.
/// A tag comes to exist freely, and the same digest again is fine. Nobody is exempt: who may change the rules can lift one, and that is recorded.
/// </summary>
sealed class ImmutableTags(RegistryOptions options)
{
    public void CheckMove(DbConnection connection, RepositoryName repository, long repositoryId, TagName tag, long manifestId)
    {
        var now = connection.QuerySingleOrDefault<Pointer>(
            "SELECT t.manifest_id, m.digest FROM registry_tags t JOIN registry_manifests m ON m.id = t.manifest_id WHERE t.repository_id = @repositoryId AND t.name = @tag",
            new { repositoryId, tag = tag.Value });
        if (now is null || now.ManifestId == manifestId) return;
        if (Patterns(connection, repository).Find(tag.Value) is { } rule)
            throw new RuleRefusedException($"{repository}:{tag} is immutable ({rule}) and stays at {now.Digest}: push under another tag, or have the rule of the project {ProjectScope.Of(repository)} lifted");
    }

    public void CheckRemove(DbConnection connection, RepositoryName repository, IEnumerable<string> tags)
    {
        var patterns = Patterns(connection, repository);
        foreach (var tag in tags)
            if (patterns.Find(tag) is { } rule)
                throw new RuleRefusedException($"{repository}:{tag} is immutable ({rule}) and is not removed, nor is what it points to: have the rule of the project {ProjectScope.Of(repository)} lifted first");
    }

    /// <summary>Before something is taken from the repository that an image with an immutable tag may need: a manifest of its index, a blob.</summary>
    public void CheckRemoveContent(DbConnection connection, RepositoryName repository, long repositoryId, Digest digest)
    {
        if (Patterns(connection, repository).Rules.Count == 0) return;
        CheckRemove(connection, repository, connection.Query<string>(
            """
            SELECT t.name FROM registry_manifest_references f JOIN registry_tags t ON t.manifest_id = f.manifest_id
            WHERE f.repository_id = @repositoryId AND f.digest = @digest
            UNION
            SELECT t.name FROM registry_manifest_references f
            JOIN registry_manifests m ON m.id = f.manifest_id
            JOIN registry_manifest_references above ON above.repository_id = f.repository_id AND above.digest = m.digest
            JOIN registry_tags t ON t.manifest_id = above.manifest_id
            WHERE f.repository_id = @repositoryId AND f.digest = @digest
            """,
            new { repositoryId, digest = digest.Value }));
    }

    /// <summary>The rules that concern one repository.</summary>
    public ImmutablePatterns Patterns(DbConnection connection, RepositoryName repository) => new(
        [.. connection.Query<ImmutableRow>(
                "SELECT repositories, tags FROM registry_immutable_rules WHERE project = @project ORDER BY id", new { project = ProjectScope.Of(repository) })
            .Where(row => NamePattern.TryParse(row.Repositories)?.Matches(repository.Value) is true)
            .Select(row => (NamePattern.TryParse(row.Tags)!, $"rule {row.Repositories}:{row.Tags}"))],
        options.PassingTags);

    sealed record Pointer
    {
        public long ManifestId { get; init; }

        public string Digest { get; init; } = "";
    }

    sealed record ImmutableRow
    {
        public string Repositories { get; init; } = "";

        public string Tags { get; init; } = "";
    }
}

/// <param name="Rules">Pattern of the tag, and the rule for people.</param>
/// <param name="Passing">Prefix of tags that no rule binds.</param>
sealed record ImmutablePatterns(IReadOnlyList<(NamePattern Tags, string Text)> Rules, string? Passing)
{
    /// <summary>The rule by which the tag is immutable, or null.</summary>
    public string? Find(string tag) => Rules.Count == 0 || IsPassing(tag) ? null : Rules.FirstOrDefault(rule => rule.Tags.Matches(tag)).Text;

    public bool IsPassing(string tag) => Passing is not null && tag.StartsWith(Passing, StringComparison.Ordinal);
}
