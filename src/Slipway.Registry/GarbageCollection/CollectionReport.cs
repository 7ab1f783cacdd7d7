namespace Slipway.Registry.GarbageCollection;

/// <summary>What a collection has removed, or in a dry run would remove.</summary>
public sealed record CollectionReport
{
    public bool DryRun { get; init; }

    public DateTimeOffset Started { get; init; }

    public DateTimeOffset Ended { get; init; }

    /// <summary>Untagged manifests.</summary>
    public long Manifests { get; init; }

    /// <summary>Blobs that a repository has no use for; their bytes are freed only when no other repository has them either.</summary>
    public long Links { get; init; }

    /// <summary>Blobs that no repository has any more.</summary>
    public long Blobs { get; init; }

    /// <summary>Bytes of these blobs.</summary>
    public long BlobBytes { get; init; }

    /// <summary>Bytes in the store that no row speaks of: leftovers of crashes.</summary>
    public long Strays { get; init; }

    public long StrayBytes { get; init; }

    /// <summary>
    /// Strays that were left alone, because so many of them look as if the database were not that of this store (one restored from an old backup, or
    /// a new one); see <see cref="CollectionRequest.AllStrays"/>.
    /// </summary>
    public long StraysKept { get; init; }

    /// <summary>Objects whose deletion the store refused; they are tried again by the next collection.</summary>
    public long Failed { get; init; }

    /// <summary>Repositories in which nothing was left.</summary>
    public long EmptyRepositories { get; init; }

    /// <summary>What came from which repository, by name; those from which nothing came are left out.</summary>
    public IReadOnlyList<RepositoryCollection> Repositories { get; init; } = [];
}

/// <param name="Project">The first segment of the repository's name.</param>
/// <param name="Manifests">Untagged manifests.</param>
/// <param name="Blobs">Blobs that it has no use for.</param>
/// <param name="Bytes">Of these manifests and blobs; other repositories may have the same blobs, so this is not what is freed.</param>
public sealed record RepositoryCollection(string Project, string Repository, long Manifests, long Blobs, long Bytes);
