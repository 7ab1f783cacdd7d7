using System.Data.Common;
using Dapper;

namespace Slipway.Registry.Images;

/// <summary>Sizes of images: the bytes of config and layers, each blob once; of an index those of all its images together.</summary>
static class ImageSizes
{
    const int Page = 500;

    public static IReadOnlyDictionary<long, long> Of(DbConnection connection, long repositoryId, IReadOnlyCollection<long> manifests)
    {
        var own = References(connection, manifests);
        var children = own.SelectMany(group => group).Where(reference => reference.Kind == "manifest").Select(reference => reference.Digest).Distinct().ToList();
        var childIds = new Dictionary<string, long>();
        foreach (var digests in children.Chunk(Page))
            foreach (var child in connection.Query<Child>("SELECT id, digest FROM registry_manifests WHERE repository_id = @repositoryId AND digest IN @digests", new { repositoryId, digests }))
                childIds[child.Digest] = child.Id;
        var theirs = References(connection, childIds.Values);
        var blobs = manifests.ToDictionary(
            id => id,
            id => own[id].SelectMany(reference => reference.Kind == "blob" ? [reference.Digest]
                : childIds.TryGetValue(reference.Digest, out var child) ? theirs[child].Where(below => below.Kind == "blob").Select(below => below.Digest) : []).ToHashSet());
        var sizes = new Dictionary<string, long>();
        foreach (var digests in blobs.Values.SelectMany(set => set).Distinct().Chunk(Page))
            foreach (var blob in connection.Query<Blob>("SELECT digest, size FROM registry_blobs WHERE digest IN @digests", new { digests }))
                sizes[blob.Digest] = blob.Size;
        return blobs.ToDictionary(pair => pair.Key, pair => pair.Value.Sum(digest => sizes.GetValueOrDefault(digest)));
    }

    static ILookup<long, Reference> References(DbConnection connection, IReadOnlyCollection<long> manifests) => manifests.Chunk(Page)
        .SelectMany(ids => connection.Query<Reference>("SELECT manifest_id, kind, digest FROM registry_manifest_references WHERE manifest_id IN @ids", new { ids }))
        .ToLookup(reference => reference.ManifestId);

    sealed record Reference
    {
        public long ManifestId { get; init; }

        public string Kind { get; init; } = "";

        public string Digest { get; init; } = "";
    }

    sealed record Child
    {
        public long Id { get; init; }

        public string Digest { get; init; } = "";
    }

    sealed record Blob
    {
        public string Digest { get; init; } = "";

        public long Size { get; init; }
    }
}
