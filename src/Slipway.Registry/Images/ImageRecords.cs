using Slipway.Model;
using Slipway.Registry.Scanning;

namespace Slipway.Registry.Images;

/// <summary>A repository in the list of images.</summary>
public sealed record RepositoryEntry
{
    public required string Repository { get; init; }

    public long Tags { get; init; }

    /// <summary>Bytes of its blobs, each once.</summary>
    public long Size { get; init; }

    /// <summary>When a tag was last pushed or moved; null where it has none.</summary>
    public DateTimeOffset? Pushed { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();
}

/// <summary>A tag in the list of images.</summary>
public sealed record TagEntry
{
    public required string Tag { get; init; }

    public required Digest Digest { get; init; }

    public required string MediaType { get; init; }

    /// <summary>Bytes of config and layers, each once; of an index those of all its images.</summary>
    public long Size { get; init; }

    /// <summary>linux/amd64 ...; none for what is no image.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];

    /// <summary>When the tag was pushed or moved last.</summary>
    public DateTimeOffset Pushed { get; init; }

    /// <summary>When it was last pulled, to the hour.</summary>
    public DateTimeOffset? Pulled { get; init; }

    /// <summary>Given here, to the image or its repository.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    /// <summary>What is attached to it: signatures, SBOMs.</summary>
    public long Referrers { get; init; }

    /// <summary>What is known of its vulnerabilities; null before its first scan, and for what can't be scanned.</summary>
    public ScanSummary? Scan { get; init; }
}

/// <summary>Entries of a page, and where the next one begins: <c>after</c> of the next request; null at the end.</summary>
public sealed record ImagePage<T>(IReadOnlyList<T> Entries, string? Next);

/// <summary>All that is known of one image.</summary>
public sealed record ImageDetails
{
    public required string Repository { get; init; }

    public required Digest Digest { get; init; }

    public required string MediaType { get; init; }

    public string? ArtifactType { get; init; }

    /// <summary>The tags that point to it.</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];

    /// <summary>As in <see cref="TagEntry.Size"/>.</summary>
    public long Size { get; init; }

    public DateTimeOffset Pushed { get; init; }

    public DateTimeOffset? Pulled { get; init; }

    /// <summary>The rule by which one of its tags is immutable.</summary>
    public string? Immutable { get; init; }

    public IReadOnlyDictionary<string, string> Labels { get; init; } = new Dictionary<string, string>();

    public IReadOnlyDictionary<string, string> Annotations { get; init; } = new Dictionary<string, string>();

    /// <summary>Of an index: its entries.</summary>
    public IReadOnlyList<PlatformEntry> Platforms { get; init; } = [];

    /// <summary>Which entry of an index <see cref="Config"/> and <see cref="Layers"/> are of.</summary>
    public string? Platform { get; init; }

    public ImageConfig? Config { get; init; }

    public IReadOnlyList<LayerEntry> Layers { get; init; } = [];

    /// <summary>What is attached to it.</summary>
    public IReadOnlyList<ReferrerEntry> Referrers { get; init; } = [];

    /// <summary>Its signatures, judged by what its project trusts.</summary>
    public IReadOnlyList<Signatures.FoundSignature> Signatures { get; init; } = [];

    /// <summary>Digests of the indexes in the repository that have it as an entry.</summary>
    public IReadOnlyList<string> Indexes { get; init; } = [];

    /// <summary>As in <see cref="TagEntry.Scan"/>.</summary>
    public ScanSummary? Scan { get; init; }

    /// <summary>The releases that use it: guestbook v3 (live).</summary>
    public IReadOnlyList<string> UsedBy { get; init; } = [];
}

/// <param name="Platform">linux/arm64/v8, or null where the entry says none.</param>
/// <param name="Size">Bytes of its config and layers; 0 where it is not here.</param>
/// <param name="Here">The repository has it.</param>
public sealed record PlatformEntry(string? Platform, Digest Digest, string? MediaType, long Size, bool Here);

/// <param name="CreatedBy">The step that made it, where the config tells.</param>
public sealed record LayerEntry(Digest Digest, long Size, string? MediaType, string? CreatedBy);

public sealed record ReferrerEntry(string Digest, string? ArtifactType, string MediaType, long Size);

/// <summary>OCI Image Specification 1.1, config.md: what a container is started with.</summary>
public sealed record ImageConfig
{
    public string? Os { get; init; }

    public string? Architecture { get; init; }

    public string? Variant { get; init; }

    public string? Created { get; init; }

    public string? Author { get; init; }

    public string? User { get; init; }

    public string? WorkingDir { get; init; }

    public IReadOnlyList<string>? Entrypoint { get; init; }

    public IReadOnlyList<string>? Command { get; init; }

    public IReadOnlyList<string>? Environment { get; init; }

    public IReadOnlyList<string>? Ports { get; init; }

    public IReadOnlyList<string>? Volumes { get; init; }

    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    public string? StopSignal { get; init; }

    /// <summary>The steps that made it, also those without a layer.</summary>
    public IReadOnlyList<HistoryEntry>? History { get; init; }
}

public sealed record HistoryEntry(string? Created, string? CreatedBy, string? Comment, bool EmptyLayer);

/// <summary>What a removal has removed.</summary>
public sealed record RemovedImage
{
    public required string Image { get; init; }

    /// <summary>team/app:1.2</summary>
    public IReadOnlyList<string> Untagged { get; init; } = [];

    /// <summary>Digests of the manifests that went: the image, entries of an index, what was attached.</summary>
    public IReadOnlyList<string> Deleted { get; init; } = [];
}
