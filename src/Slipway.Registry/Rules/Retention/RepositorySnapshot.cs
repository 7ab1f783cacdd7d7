using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Registry.Images;
using Slipway.Registry.Names;

namespace Slipway.Registry.Rules.Retention;

/// <summary>All of a repository that a decision about it needs, read at one moment. Immutable.</summary>
sealed record RepositorySnapshot
{
    public required long Id { get; init; }

    public required RepositoryName Name { get; init; }

    public required IReadOnlyList<TagFact> Tags { get; init; }

    public required IReadOnlyList<ManifestFact> Manifests { get; init; }

    public required ImmutablePatterns Immutable { get; init; }

    /// <summary>Digest to what needs it, for people.</summary>
    public required IReadOnlyDictionary<string, string> InUse { get; init; }

    public static RepositorySnapshot Load(DbConnection connection, long id, RepositoryName name, ImmutableTags immutable, ImageUses uses)
    {
        var pulls = connection.Query<Pull>("SELECT digest, pulled FROM registry_last_pulls WHERE repository_id = @id", new { id })
            .ToDictionary(pull => pull.Digest, pull => Time(pull.Pulled));
        var children = connection.Query<Child>(
                "SELECT manifest_id, digest FROM registry_manifest_references WHERE repository_id = @id AND kind = 'manifest'", new { id })
            .ToLookup(child => child.ManifestId, child => child.Digest);
        var ofRepository = connection.Query<Label>("SELECT 0 AS manifest_id, name, value FROM registry_repository_labels WHERE repository_id = @id", new { id }).ToList();
        var ofImages = connection.Query<Label>(
                "SELECT l.manifest_id, l.name, l.value FROM registry_image_labels l JOIN registry_manifests m ON m.id = l.manifest_id WHERE m.repository_id = @id", new { id })
            .ToLookup(label => label.ManifestId);
        return new RepositorySnapshot
        {
            Id = id,
            Name = name,
            Immutable = immutable.Patterns(connection, name),
            InUse = uses(connection).Where(use => use.Repository == name.Value).GroupBy(use => use.Digest.Value)
                .ToDictionary(group => group.Key, group => string.Join(", ", group.Select(use => use.By).Distinct())),
            Tags = [.. connection.Query<TagRow>("SELECT name, manifest_id, updated FROM registry_tags WHERE repository_id = @id ORDER BY name", new { id })
                .Select(tag => new TagFact(tag.Name, tag.ManifestId, Time(tag.Updated)))],
            Manifests = [.. connection.Query<ManifestRow>(
                    "SELECT id, digest, length(content) AS size, subject, touched FROM registry_manifests WHERE repository_id = @id ORDER BY id", new { id })
                .Select(row => new ManifestFact
                {
                    Id = row.Id,
                    Digest = row.Digest,
                    Size = row.Size,
                    Subject = row.Subject,
                    Touched = Time(row.Touched),
                    Pulled = pulls.TryGetValue(row.Digest, out var pulled) ? pulled : null,
                    Children = [.. children[row.Id]],
                    Labels = Merged(ofRepository, ofImages[row.Id]),
                })],
        };
    }

    // An image's own label is closer than its repository's.
    static Dictionary<string, string> Merged(IEnumerable<Label> ofRepository, IEnumerable<Label> ofImage)
    {
        var labels = ofRepository.ToDictionary(label => label.Name, label => label.Value);
        foreach (var label in ofImage) labels[label.Name] = label.Value;
        return labels;
    }

    static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    sealed record Pull
    {
        public string Digest { get; init; } = "";

        public string Pulled { get; init; } = "";
    }

    sealed record Child
    {
        public long ManifestId { get; init; }

        public string Digest { get; init; } = "";
    }

    sealed record Label
    {
        public long ManifestId { get; init; }

        public string Name { get; init; } = "";

        public string Value { get; init; } = "";
    }

    sealed record TagRow
    {
        public string Name { get; init; } = "";

        public long ManifestId { get; init; }

        public string Updated { get; init; } = "";
    }

    sealed record ManifestRow
    {
        public long Id { get; init; }

        public string Digest { get; init; } = "";

        public long Size { get; init; }

        public string? Subject { get; init; }

        public string Touched { get; init; } = "";
    }
}

/// <param name="Pushed">When it was pushed or moved last.</param>
sealed record TagFact(string Name, long ManifestId, DateTimeOffset Pushed);

sealed record ManifestFact
{
    public required long Id { get; init; }

    public required string Digest { get; init; }

    /// <summary>Bytes of the manifest itself.</summary>
    public long Size { get; init; }

    public string? Subject { get; init; }

    /// <summary>When it was pushed, or lost a tag.</summary>
    public required DateTimeOffset Touched { get; init; }

    public DateTimeOffset? Pulled { get; init; }

    /// <summary>Digests of an index's entries.</summary>
    public IReadOnlyList<string> Children { get; init; } = [];

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}
