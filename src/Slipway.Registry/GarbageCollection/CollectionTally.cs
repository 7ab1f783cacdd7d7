namespace Slipway.Registry.GarbageCollection;

/// <summary>One collection while it goes on: what it was asked, what it has come to. A dry run also keeps here what would be gone by now.</summary>
sealed class CollectionTally
{
    readonly SortedDictionary<string, (long Manifests, long Blobs, long Bytes)> _repositories = new(StringComparer.Ordinal);

    public required bool DryRun { get; init; }

    /// <summary>Leases that ended before this moment have ended.</summary>
    public required DateTimeOffset Now { get; init; }

    public long Manifests { get; private set; }

    public long Links { get; private set; }

    public long Blobs { get; private set; }

    public long BlobBytes { get; private set; }

    public long Strays { get; set; }

    public long StrayBytes { get; set; }

    public long StraysKept { get; set; }

    public long Failed { get; set; }

    public long EmptyRepositories { get; set; }

    /// <summary>Of a dry run: manifests that would be gone.</summary>
    public HashSet<long> GoneManifests { get; } = [];

    /// <summary>Of a dry run: how many links of a blob would be gone.</summary>
    public Dictionary<long, int> GoneLinks { get; } = [];

    public void Manifest(string repository, long bytes)
    {
        Manifests++;
        var (manifests, blobs, sum) = _repositories.GetValueOrDefault(repository);
        _repositories[repository] = (manifests + 1, blobs, sum + bytes);
    }

    public void Link(string repository, long bytes)
    {
        Links++;
        var (manifests, blobs, sum) = _repositories.GetValueOrDefault(repository);
        _repositories[repository] = (manifests, blobs + 1, sum + bytes);
    }

    public void Blob(long bytes)
    {
        Blobs++;
        BlobBytes += bytes;
    }

    public CollectionReport Report(DateTimeOffset ended) => new()
    {
        DryRun = DryRun,
        Started = Now,
        Ended = ended,
        Manifests = Manifests,
        Links = Links,
        Blobs = Blobs,
        BlobBytes = BlobBytes,
        Strays = Strays,
        StrayBytes = StrayBytes,
        StraysKept = StraysKept,
        Failed = Failed,
        EmptyRepositories = EmptyRepositories,
        Repositories = [.. _repositories.Select(pair => new RepositoryCollection(
            pair.Key.Split('/', 2)[0], pair.Key, pair.Value.Manifests, pair.Value.Blobs, pair.Value.Bytes))],
    };
}
