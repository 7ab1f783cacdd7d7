using Slipway.Model;

namespace Slipway.Registry.Images.Diffs;

/// <summary>What is different between two images.</summary>
public sealed record ImageDiff
{
    public required DiffSide From { get; init; }

    public required DiffSide To { get; init; }

    /// <summary>Of the configs: entrypoint, environment.PATH, labels.version ...</summary>
    public IReadOnlyList<ConfigChange> Config { get; init; } = [];

    /// <summary>In the order of the images; first those that both have.</summary>
    public IReadOnlyList<LayerChange> Layers { get; init; } = [];

    /// <summary>Null where it was not asked for.</summary>
    public FileChanges? Files { get; init; }
}

/// <param name="Image">As it was named.</param>
/// <param name="Digest">Of the image that was compared: of an index its entry for the platform.</param>
/// <param name="Size">Bytes of its layers.</param>
public sealed record DiffSide(string Image, Digest Digest, string? Platform, long Size);

/// <param name="Before">Null: it came.</param>
/// <param name="After">Null: it went.</param>
public sealed record ConfigChange(string Key, string? Before, string? After);

/// <param name="Change">"shared", "added" or "removed".</param>
public sealed record LayerChange(string Change, Digest Digest, long Size, string? CreatedBy);

/// <summary>What a container would see of the difference.</summary>
public sealed record FileChanges
{
    public long Added { get; init; }

    public long Removed { get; init; }

    public long Changed { get; init; }

    /// <summary>In the order of their paths, at most <see cref="Limit"/>.</summary>
    public IReadOnlyList<FileChange> Entries { get; init; } = [];

    /// <summary>Why files were not compared: a sentence; null where they were.</summary>
    public string? NotCompared { get; init; }

    public const int Limit = 10_000;
}

/// <param name="Change">"added", "removed" or "changed".</param>
/// <param name="Path">From the root, with a leading '/'; a folder ends with '/'.</param>
public sealed record FileChange(string Change, string Path, FileFacts? Before, FileFacts? After);

/// <param name="Size">Bytes of a file.</param>
/// <param name="Mode">Octal: 0755.</param>
/// <param name="Owner">UID:GID</param>
/// <param name="Target">Of a link.</param>
public sealed record FileFacts(long Size, string Mode, string Owner, string? Target);
