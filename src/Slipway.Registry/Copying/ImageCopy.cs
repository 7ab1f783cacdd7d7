using Slipway.Model;
using Slipway.Registry.Manifests;

namespace Slipway.Registry.Copying;

/// <summary>
/// Copies images with everything that belongs to them: of an index all children, blobs before the manifests that need them, and what refers to them
/// (signatures, SBOMs), by the referrers API and by the tags that stand for it. What is there is skipped.
/// </summary>
sealed class ImageCopy(IImageSource source, IImageTarget target, int parallelBlobs)
{
    const int MaxDepth = 8;
    const int MaxManifests = 10_000;

    /// <summary>Tags under which tools keep what belongs to a digest: cosign's signatures, attestations and SBOMs, and the specification's referrers.</summary>
    static readonly string[] Companions = ["", ".sig", ".att", ".sbom"];

    readonly HashSet<Digest> _done = [];
    HashSet<string>? _tags;

    /// <summary>Counted over all that this copies.</summary>
    public CopyCount Count { get; } = new();

    /// <summary>
    /// Copies the image at a tag or digest, all of it by digest alone: nothing is visible under a tag. Returns what has to be tagged; the image itself
    /// is the first. Null where the source does not have it.
    /// </summary>
    public async Task<CopiedImage?> Copy(string reference, bool withReferrers, CancellationToken cancel)
    {
        if (await source.Resolve(reference, cancel) is not { } digest) return null;
        var there = await target.HasManifest(digest, cancel);
        if (await source.Manifest(digest.Value, cancel) is not { } root) return null;
        var companions = new List<(string Tag, CopiedManifest Manifest)>();
        var before = Count.Manifests;
        if (!there) await CopyTree(root, 0, withReferrers, companions, cancel);
        else if (withReferrers) await CopyReferrers(digest, 0, companions, cancel);
        return new CopiedImage(root, companions, there && Count.Manifests == before);
    }

    async Task CopyTree(CopiedManifest manifest, int depth, bool withReferrers, List<(string, CopiedManifest)> companions, CancellationToken cancel)
    {
        if (!_done.Add(manifest.Digest)) return;
        if (depth > MaxDepth) throw new InvalidDataException($"The index {manifest.Digest} is nested more than {MaxDepth} deep.");
        if (_done.Count > MaxManifests) throw new InvalidDataException($"There are more than {MaxManifests} manifests in one image.");
        string? mediaType = manifest.MediaType;
        if (ManifestDocument.Read(manifest.Content, ref mediaType, out var document) is { } wrong) throw new InvalidDataException($"Manifest {manifest.Digest}: {wrong}");

        if (!await target.HasManifest(manifest.Digest, cancel))
        {
            foreach (var child in (document.Manifests ?? []).DistinctBy(child => child.Digest))
            {
                if (await source.Manifest(child.Digest.Value, cancel) is { } found) await CopyTree(found, depth + 1, withReferrers, companions, cancel);
                // BuildKit's cache lists layers in an index.
                else if (await source.HasBlob(child.Digest, cancel)) await CopyBlob(child, cancel);
                else throw new FileNotFoundException($"The source does not have {child.Digest}, which the index {manifest.Digest} lists.");
            }
            var blobs = (document.Config is null ? [] : new[] { document.Config }).Concat(document.Layers ?? []).Where(blob => blob.Urls is not { Count: > 0 }).DistinctBy(blob => blob.Digest);
            await Parallel.ForEachAsync(blobs, new ParallelOptions { MaxDegreeOfParallelism = parallelBlobs, CancellationToken = cancel }, async (blob, token) => await CopyBlob(blob, token));
            await target.PutManifest(manifest, null, cancel);
            Count.Add(manifests: 1, blobs: 0, bytes: manifest.Content.Length);
        }
        if (withReferrers) await CopyReferrers(manifest.Digest, depth, companions, cancel);
    }

    async Task CopyBlob(Descriptor blob, CancellationToken cancel)
    {
        var moved = await target.PutBlob(blob.Digest, blob.Size, source, cancel);
        if (moved > 0) Count.Add(manifests: 0, blobs: 1, bytes: moved);
    }

    async Task CopyReferrers(Digest subject, int depth, List<(string, CopiedManifest)> companions, CancellationToken cancel)
    {
        foreach (var referrer in await source.Referrers(subject, cancel))
            if (await source.Manifest(referrer.Value, cancel) is { } manifest) await CopyTree(manifest, depth + 1, withReferrers: true, companions, cancel);
        _tags ??= (await source.Tags(cancel)).ToHashSet(StringComparer.Ordinal);
        foreach (var suffix in Companions)
        {
            var tag = $"{subject.Algorithm}-{subject.Hex}{suffix}";
            if (!_tags.Contains(tag) || await source.Manifest(tag, cancel) is not { } manifest) continue;
            // The specification's own is made by the target, of the referrers that it gets.
            if (suffix.Length == 0) continue;
            await CopyTree(manifest, depth + 1, withReferrers: true, companions, cancel);
            companions.Add((tag, manifest));
        }
    }
}

/// <param name="Root">The image itself.</param>
/// <param name="Companions">What has a tag of its own that must come with it.</param>
/// <param name="WasThere">Nothing had to be copied.</param>
sealed record CopiedImage(CopiedManifest Root, IReadOnlyList<(string Tag, CopiedManifest Manifest)> Companions, bool WasThere);

/// <summary>What was really moved. Thread-safe.</summary>
sealed class CopyCount
{
    int _manifests;
    int _blobs;
    long _bytes;

    public int Manifests => _manifests;

    public int Blobs => _blobs;

    public long Bytes => Interlocked.Read(ref _bytes);

    public void Add(int manifests, int blobs, long bytes)
    {
        Interlocked.Add(ref _manifests, manifests);
        Interlocked.Add(ref _blobs, blobs);
        Interlocked.Add(ref _bytes, bytes);
    }
}
