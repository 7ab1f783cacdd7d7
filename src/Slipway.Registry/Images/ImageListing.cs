using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Manifests;
using Slipway.Registry.Mirroring;
using Slipway.Registry.Names;
using Slipway.Registry.Scanning;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Images;

/// <summary>What images there are, in pages. Thread-safe.</summary>
public sealed class ImageListing
{
    public const int MaxPage = 1000;

    /// <summary>Repositories of one look, when a filter leaves out most of them.</summary>
    const int LookAt = 500;

    /// <summary>Tags that only lead cosign to a signature which is attached to its image anyway: nobody looks for them among an image's names.</summary>
    const string SignatureTags = "sha___-%.sig";

    readonly Database.Database _database;
    readonly ConfigReader _configs;

    internal ImageListing(Database.Database database, ConfigReader configs) => (_database, _configs) = (database, configs);

    /// <summary>Repositories that have an image, in the order of their names.</summary>
    /// <param name="pattern">A pattern of names, or null: all.</param>
    /// <param name="label">NAME or NAME=VALUE, or null.</param>
    /// <param name="visible">Whether the asker may see a repository; null: all.</param>
    /// <exception cref="InvalidInputException">No pattern, or no label.</exception>
    public ImagePage<RepositoryEntry> Repositories(string? pattern, string? label, string after = "", int limit = MaxPage, Func<string, bool>? visible = null)
    {
        var filter = pattern is null ? null : NamePattern.TryParse(pattern) ?? throw new InvalidInputException(Rules.ProjectScope.CheckPattern(pattern, "pattern")!);
        CheckLabel(label);
        limit = Math.Clamp(limit, 1, MaxPage);
        var found = new List<RepositoryEntry>();
        while (true)
        {
            var rows = _database.Read(connection => connection.Query<RepositoryRecord>(
                """
                SELECT r.id, r.name FROM registry_repositories r WHERE r.name > @after AND EXISTS (SELECT 1 FROM registry_manifests m WHERE m.repository_id = r.id)
                ORDER BY r.name LIMIT @look
                """,
                new { after, look = LookAt }).AsList());
            if (rows.Count == 0) return new(found, null);
            foreach (var row in rows)
            {
                after = row.Name;
                if (filter?.Matches(row.Name) is false || visible?.Invoke(row.Name) is false) continue;
                var labels = _database.Read(connection => LabelsOf(connection, row.Id));
                if (label is not null && !ImageLabels.Matches(label, labels)) continue;
                if (found.Count == limit) return new(found, found[^1].Repository);
                found.Add(_database.Read(connection => Entry(connection, row)) with { Labels = labels });
            }
        }
    }

    /// <summary>The tags of a repository, in the order of their names.</summary>
    /// <exception cref="NotFoundException">There is no such repository.</exception>
    /// <exception cref="InvalidInputException">No repository's name, or no label.</exception>
    public async Task<ImagePage<TagEntry>> Tags(string repository, string? label, string after, int limit, CancellationToken cancel)
    {
        if (!RepositoryName.TryParse(repository, out var name))
            throw new InvalidInputException(new Diagnostic { Message = $"'{repository}' is no repository name", Key = "repository", Found = repository, Expected = RepositoryName.Rule });
        CheckLabel(label);
        limit = Math.Clamp(limit, 1, MaxPage);
        var (page, next) = _database.Read(connection =>
        {
            var id = RepositoryRow.Find(connection, name) ?? throw new NotFoundException($"There is no repository '{name}' in the registry.");
            return TagRows(connection, id, label, after, limit);
        });
        var entries = new List<TagEntry>();
        foreach (var (row, entry) in page) entries.Add(entry with { Platforms = await PlatformsOf(name, row.MediaType, row.Content, cancel) });
        return new(entries, next);
    }

    /// <summary>Of an index those of its entries, of an image its config's.</summary>
    internal async Task<IReadOnlyList<string>> PlatformsOf(RepositoryName repository, string mediaType, byte[] content, CancellationToken cancel)
    {
        if (mediaType is ManifestDocument.OciIndex or ManifestDocument.DockerList)
            return [.. Platforms.Of(content).Select(entry => entry.Platform).OfType<string>().Distinct()];
        string? type = mediaType;
        return ManifestDocument.Read(content, ref type, out var document) is null && document.Config is { } config && await _configs.Platform(repository, config.Digest, cancel) is { } platform
            ? [platform] : [];
    }

    internal static Dictionary<string, string> LabelsOf(DbConnection connection, long repositoryId, long manifestId = 0)
    {
        var labels = connection.Query<LabelRow>("SELECT name, value FROM registry_repository_labels WHERE repository_id = @repositoryId", new { repositoryId })
            .ToDictionary(label => label.Name, label => label.Value);
        foreach (var label in connection.Query<LabelRow>("SELECT name, value FROM registry_image_labels WHERE manifest_id = @manifestId", new { manifestId })) labels[label.Name] = label.Value;
        return labels;
    }

    static (List<(TagRow Row, TagEntry Entry)> Page, string? Next) TagRows(DbConnection connection, long id, string? label, string after, int limit)
    {
        var rows = new List<(TagRow Row, IReadOnlyDictionary<string, string> Labels)>();
        var looked = new List<TagRow>();
        do
        {
            looked = Look(connection, id, label, looked.Count == 0 ? after : looked[^1].Name, limit + 1);
            foreach (var row in looked)
            {
                var labels = LabelsOf(connection, id, row.Id);
                if (label is null || ImageLabels.Matches(label, labels)) rows.Add((row, labels));
            }
        }
        while (looked.Count == limit + 1 && rows.Count <= limit);
        var next = rows.Count > limit ? rows[limit - 1].Row.Name : null;
        if (next is not null) rows.RemoveRange(limit, rows.Count - limit);
        var sizes = ImageSizes.Of(connection, id, rows.Select(row => row.Row.Id).Distinct().ToList());
        var scans = Scans.Summaries(connection, id, [.. rows.Select(row => new ScanManifest { Id = row.Row.Id, Digest = row.Row.Digest, MediaType = row.Row.MediaType, Content = row.Row.Content })]);
        return ([.. rows.Select(pair => (pair.Row, new TagEntry
        {
            Tag = pair.Row.Name,
            Digest = Digest.Parse(pair.Row.Digest),
            MediaType = pair.Row.MediaType,
            Size = sizes[pair.Row.Id],
            Pushed = Time(pair.Row.Updated),
            Pulled = pair.Row.Pulled is { } pulled ? Time(pulled) : null,
            Labels = pair.Labels,
            Referrers = pair.Row.Referrers,
            Scan = scans.GetValueOrDefault(pair.Row.Id) is { State: not ScanState.None } scan ? scan with { Platforms = [] } : null,
        }))], next);
    }

    static List<TagRow> Look(DbConnection connection, long id, string? label, string after, int limit) => connection.Query<TagRow>(
        """
        SELECT t.name, t.updated, m.id, m.digest, m.media_type, m.content, p.pulled,
               (SELECT count(*) FROM registry_manifests f WHERE f.repository_id = @id AND f.subject = m.digest) AS referrers
        FROM registry_tags t JOIN registry_manifests m ON m.id = t.manifest_id
        LEFT JOIN registry_last_pulls p ON p.repository_id = @id AND p.digest = m.digest
        WHERE t.repository_id = @id AND t.name > @after AND NOT (m.subject IS NOT NULL AND t.name LIKE @signatures) AND (@name IS NULL
              OR EXISTS (SELECT 1 FROM registry_repository_labels l WHERE l.repository_id = @id AND l.name = @name)
              OR EXISTS (SELECT 1 FROM registry_image_labels l WHERE l.manifest_id = m.id AND l.name = @name))
        ORDER BY t.name LIMIT @limit
        """,
        new { id, after, name = label is null ? null : ImageLabels.Parts(label).Name, signatures = SignatureTags, limit }).AsList();

    static RepositoryEntry Entry(DbConnection connection, RepositoryRecord row)
    {
        var facts = connection.QuerySingle<RepositoryFacts>(
            """
            SELECT (SELECT count(*) FROM registry_tags t JOIN registry_manifests m ON m.id = t.manifest_id
                    WHERE t.repository_id = @Id AND NOT (m.subject IS NOT NULL AND t.name LIKE @signatures)) AS tags,
                   (SELECT max(updated) FROM registry_tags WHERE repository_id = @Id) AS pushed,
                   (SELECT CAST(coalesce(sum(b.size), 0) AS BIGINT) FROM registry_repository_blobs l JOIN registry_blobs b ON b.id = l.blob_id WHERE l.repository_id = @Id) AS size
            """,
            new { row.Id, signatures = SignatureTags });
        return new RepositoryEntry { Repository = row.Name, Tags = facts.Tags, Size = facts.Size, Pushed = facts.Pushed is { } pushed ? Time(pushed) : null };
    }

    static void CheckLabel(string? label)
    {
        if (label is not null && ImageLabels.CheckFilter(label) is { } wrong) throw new InvalidInputException(wrong);
    }

    static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    sealed record RepositoryRecord
    {
        public long Id { get; init; }

        public string Name { get; init; } = "";
    }

    sealed record RepositoryFacts
    {
        public long Tags { get; init; }

        public string? Pushed { get; init; }

        public long Size { get; init; }
    }

    sealed record LabelRow
    {
        public string Name { get; init; } = "";

        public string Value { get; init; } = "";
    }

    sealed record TagRow
    {
        public string Name { get; init; } = "";

        public string Updated { get; init; } = "";

        public long Id { get; init; }

        public string Digest { get; init; } = "";

        public string MediaType { get; init; } = "";

        public byte[] Content { get; init; } = [];

        public string? Pulled { get; init; }

        public long Referrers { get; init; }
    }
}
