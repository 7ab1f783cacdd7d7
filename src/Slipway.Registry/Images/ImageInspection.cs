using System.Data.Common;
using System.Globalization;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Scanning;
using Slipway.Registry.Signatures;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Images;

/// <summary>Tells everything about one image. Thread-safe.</summary>
public sealed class ImageInspection
{
    readonly Database.Database _database;
    readonly ManifestStore _manifests;
    readonly ConfigReader _configs;
    readonly ImmutableTags _immutable;
    readonly ImageUses _uses;
    readonly ImageSignatures _signatures;

    internal ImageInspection(Database.Database database, ManifestStore manifests, ConfigReader configs, ImmutableTags immutable, ImageUses uses, ImageSignatures signatures) =>
        (_database, _manifests, _configs, _immutable, _uses, _signatures) = (database, manifests, configs, immutable, uses, signatures);

    /// <param name="image">team/app, team/app:1.2, team/app@sha256:...</param>
    /// <param name="platform">Which entry of an index config and layers are shown of; null: linux/amd64, or the first.</param>
    /// <exception cref="InvalidInputException">No image's name.</exception>
    /// <exception cref="NotFoundException">There is no such image, or none of the platform.</exception>
    public async Task<ImageDetails> Inspect(string image, string? platform, CancellationToken cancel)
    {
        var name = ImageName.Parse(image);
        var manifest = _manifests.Find(name.Repository, name.Reference) ?? throw Missing(name);
        var details = _database.Read(connection => Facts(connection, name.Repository, manifest));
        details = details with { Signatures = await _signatures.Find(name.Repository, manifest.Digest, ProjectScope.Of(name.Repository), cancel) };
        var (shown, entry) = Resolve(name.Repository, manifest, platform);
        if (entry is not null) details = details with { Platform = entry.Platform };
        return shown is null ? details : await WithContent(details, name.Repository, shown, cancel);
    }

    /// <summary>The image that is meant by a platform: of an index its entry, with what the index says of it; null where that is not here.</summary>
    /// <exception cref="NotFoundException">The index has no such platform.</exception>
    internal (StoredManifest? Image, IndexEntry? Entry) Resolve(RepositoryName repository, StoredManifest manifest, string? platform)
    {
        if (manifest.MediaType is not (ManifestDocument.OciIndex or ManifestDocument.DockerList)) return (manifest, null);
        var entries = Platforms.Of(manifest.Content);
        var entry = Platforms.Choose(entries, platform);
        if (entry is null && platform is not null)
            throw new NotFoundException($"{repository}@{manifest.Digest} has no image for '{platform}', only for {string.Join(", ", entries.Select(one => one.Platform).OfType<string>().DefaultIfEmpty("none"))}.");
        return (entry is null ? null : _manifests.Find(repository, new Reference.ByDigest(entry.Digest)), entry);
    }

    internal static NotFoundException Missing(ImageName name) => new($"There is no image {name} in the registry.");

    ImageDetails Facts(DbConnection connection, RepositoryName repository, StoredManifest manifest)
    {
        var row = connection.QuerySingleOrDefault<Row>(
            """
            SELECT m.id, m.repository_id, m.artifact_type, m.created, p.pulled FROM registry_manifests m JOIN registry_repositories r ON r.id = m.repository_id
            LEFT JOIN registry_last_pulls p ON p.repository_id = m.repository_id AND p.digest = m.digest
            WHERE r.name = @repository AND m.digest = @digest
            """,
            new { repository = repository.Value, digest = manifest.Digest.Value }) ?? throw new NotFoundException($"{repository}@{manifest.Digest} was removed just now.");
        var tags = connection.Query<string>("SELECT name FROM registry_tags WHERE manifest_id = @Id ORDER BY name", new { row.Id }).AsList();
        var patterns = _immutable.Patterns(connection, repository);
        string? type = manifest.MediaType;
        ManifestDocument.Read(manifest.Content, ref type, out var document);
        return new ImageDetails
        {
            Repository = repository.Value,
            Digest = manifest.Digest,
            MediaType = manifest.MediaType,
            ArtifactType = document.ArtifactType,
            Tags = tags,
            Size = ImageSizes.Of(connection, row.RepositoryId, [row.Id])[row.Id],
            Pushed = Time(row.Created),
            Pulled = row.Pulled is { } pulled ? Time(pulled) : null,
            Immutable = tags.Select(patterns.Find).FirstOrDefault(rule => rule is not null),
            Labels = ImageListing.LabelsOf(connection, row.RepositoryId, row.Id),
            Annotations = document.Annotations is { ValueKind: System.Text.Json.JsonValueKind.Object } annotations
                ? annotations.EnumerateObject().ToDictionary(one => one.Name, one => one.Value.ToString()) : [],
            Platforms = document.Manifests is null ? [] : [.. Platforms.Of(manifest.Content).Select(entry => Entry(connection, row.RepositoryId, entry))],
            Referrers = [.. connection.Query<ReferrerRow>(
                    "SELECT digest, artifact_type, media_type, length(content) AS size FROM registry_manifests WHERE repository_id = @RepositoryId AND subject = @digest ORDER BY digest",
                    new { row.RepositoryId, digest = manifest.Digest.Value })
                .Select(referrer => new ReferrerEntry(referrer.Digest, referrer.ArtifactType, referrer.MediaType, referrer.Size))],
            Indexes = connection.Query<string>(
                """
                SELECT m.digest FROM registry_manifest_references f JOIN registry_manifests m ON m.id = f.manifest_id
                WHERE f.repository_id = @RepositoryId AND f.digest = @digest AND f.kind = 'manifest' ORDER BY m.digest
                """,
                new { row.RepositoryId, digest = manifest.Digest.Value }).AsList(),
            Scan = Scans.Summaries(connection, row.RepositoryId, [new ScanManifest { Id = row.Id, Digest = manifest.Digest.Value, MediaType = manifest.MediaType, Content = manifest.Content }])
                .GetValueOrDefault(row.Id) is { State: not ScanState.None } scan ? scan : null,
            UsedBy = [.. _uses(connection).Where(use => use.Repository == repository.Value && use.Digest == manifest.Digest).Select(use => use.By).Distinct()],
        };
    }

    static PlatformEntry Entry(DbConnection connection, long repositoryId, IndexEntry entry)
    {
        var id = connection.ExecuteScalar<long?>("SELECT id FROM registry_manifests WHERE repository_id = @repositoryId AND digest = @digest", new { repositoryId, digest = entry.Digest.Value });
        return new PlatformEntry(entry.Platform, entry.Digest, entry.MediaType, id is { } known ? ImageSizes.Of(connection, repositoryId, [known])[known] : 0, id is not null);
    }

    async Task<ImageDetails> WithContent(ImageDetails details, RepositoryName repository, StoredManifest image, CancellationToken cancel)
    {
        string? type = image.MediaType;
        if (ManifestDocument.Read(image.Content, ref type, out var document) is not null) return details;
        var config = document.Config is { } descriptor ? await _configs.Read(repository, descriptor.Digest, cancel) : null;
        // An artifact's config is none of an image, also where it is JSON.
        if (config is { Os: null, Architecture: null, History: null }) config = null;
        var steps = (config?.History ?? []).Where(step => !step.EmptyLayer).ToList();
        var layers = document.Layers ?? [];
        return details with
        {
            Config = config,
            Layers = [.. layers.Select((layer, i) => new LayerEntry(layer.Digest, layer.Size, layer.MediaType, steps.Count == layers.Count ? steps[i].CreatedBy : null))],
        };
    }

    static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);

    sealed record Row
    {
        public long Id { get; init; }

        public long RepositoryId { get; init; }

        public string? ArtifactType { get; init; }

        public string Created { get; init; } = "";

        public string? Pulled { get; init; }
    }

    sealed record ReferrerRow
    {
        public string Digest { get; init; } = "";

        public string? ArtifactType { get; init; }

        public string MediaType { get; init; } = "";

        public long Size { get; init; }
    }
}
