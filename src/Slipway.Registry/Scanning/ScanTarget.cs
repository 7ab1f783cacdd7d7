using System.Data.Common;
using Dapper;
using Slipway.Model;
using Slipway.Registry.Images;

namespace Slipway.Registry.Scanning;

/// <summary>A manifest of a repository that can be scanned.</summary>
/// <param name="Id">Of registry_manifests.</param>
/// <param name="Platform">Of an index's entry, where the index says it.</param>
sealed record ScanTarget(long Id, Digest Digest, string MediaType, string? Platform)
{
    /// <summary>An index in an index, and no more.</summary>
    const int MaxDepth = 3, Page = 500;

    /// <summary>
    /// What of each manifest can be scanned: itself, or of an index its images that are here, those of other kinds (attestations) left out. Few queries,
    /// however many manifests there are.
    /// </summary>
    public static Dictionary<long, List<ScanTarget>> Of(DbConnection connection, long repositoryId, IReadOnlyCollection<ScanManifest> manifests)
    {
        var targets = manifests.DistinctBy(manifest => manifest.Id).ToDictionary(manifest => manifest.Id, _ => new List<ScanTarget>());
        var level = manifests.DistinctBy(manifest => manifest.Id).Select(manifest => (Root: manifest.Id, Manifest: manifest, Platform: (string?)null)).ToList();
        for (var depth = 0; level.Count > 0 && depth < MaxDepth; depth++)
        {
            var entries = new List<(long Root, string Digest, string? Platform)>();
            foreach (var (root, manifest, platform) in level)
            {
                if (Scannable.IsIndex(manifest.MediaType)) entries.AddRange(Platforms.Of(manifest.Content).Select(entry => (root, entry.Digest.Value, entry.Platform)));
                else if (Scannable.WhyNot(manifest.MediaType, manifest.Content) is null && targets[root].TrueForAll(known => known.Id != manifest.Id))
                    targets[root].Add(new ScanTarget(manifest.Id, Digest.Parse(manifest.Digest), manifest.MediaType, platform));
            }
            var here = new Dictionary<string, ScanManifest>(StringComparer.Ordinal);
            foreach (var some in entries.Select(entry => entry.Digest).Distinct().Chunk(Page))
                foreach (var manifest in connection.Query<ScanManifest>("SELECT id, digest, media_type, content FROM registry_manifests WHERE repository_id = @repositoryId AND digest IN @some", new { repositoryId, some }))
                    here[manifest.Digest] = manifest;
            level = [.. entries.Where(entry => here.ContainsKey(entry.Digest)).Select(entry => (entry.Root, here[entry.Digest], entry.Platform))];
        }
        return targets;
    }
}

/// <summary>A manifest with its bytes.</summary>
sealed record ScanManifest
{
    public long Id { get; init; }

    public string Digest { get; init; } = "";

    public string MediaType { get; init; } = "";

    public byte[] Content { get; init; } = [];
}
