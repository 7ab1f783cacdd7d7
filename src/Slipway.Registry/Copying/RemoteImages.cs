using System.Collections.Concurrent;
using System.Text.Json;
using Slipway.Model;
using Slipway.Registry.Manifests;
using Slipway.Registry.Mirroring.Client;

namespace Slipway.Registry.Copying;

/// <summary>A repository of another registry.</summary>
/// <param name="places">Which repository there is known to have a blob, so that it can be mounted from it.</param>
/// <param name="uploads">Where sessions of big blobs are remembered over a kill; null: nowhere.</param>
sealed class RemoteImages(RegistryClient client, string repository, Patience patience, ConcurrentDictionary<Digest, string> places, IUploadMemory? uploads) : IImageSource, IImageTarget
{
    readonly RegistryPusher _pusher = new(client, patience);

    public async Task<CopiedManifest?> Manifest(string reference, CancellationToken cancel)
    {
        if (await client.Manifest(repository, reference, patience, cancel) is not { } manifest) return null;
        var mediaType = manifest.MediaType;
        if (ManifestDocument.Read(manifest.Content, ref mediaType, out _) is { } wrong) throw new CorruptContentException($"{client.Registry} answered a manifest {manifest.Digest} that can't be kept: {wrong}");
        return new CopiedManifest(manifest.Digest, mediaType!, manifest.Content);
    }

    public async Task<Digest?> Resolve(string reference, CancellationToken cancel) =>
        await client.Head(repository, reference, patience, cancel) is not { } head ? null : head.Digest ?? (await Manifest(reference, cancel))?.Digest;

    public async Task<bool> HasBlob(Digest digest, CancellationToken cancel) => await client.HeadBlob(repository, digest, patience, cancel) is not null;

    public async Task<BlobSource?> OpenBlob(Digest digest, long offset, CancellationToken cancel) =>
        await client.OpenBlob(repository, digest, offset, patience, cancel) is { } blob ? new BlobSource(blob, blob.Total) : null;

    public async Task<IReadOnlyList<Digest>> Referrers(Digest subject, CancellationToken cancel) =>
        [.. (await client.Referrers(repository, subject, patience, cancel)).Select(referrer => referrer.Digest)];

    public async Task<IReadOnlyCollection<string>> Tags(CancellationToken cancel) => await client.Tags(repository, patience, cancel);

    public async Task<bool> HasManifest(Digest digest, CancellationToken cancel) => await client.Head(repository, digest.Value, patience, cancel) is not null;

    public async Task<long> PutBlob(Digest digest, long size, IImageSource source, CancellationToken cancel)
    {
        var sent = 0L;
        if (await _pusher.Find(repository, digest, cancel) is null)
        {
            var from = places.TryGetValue(digest, out var place) && place != repository ? place : null;
            sent = await _pusher.Push(
                repository, digest, size,
                async (offset, token) => (await source.OpenBlob(digest, offset, token) ?? throw new FileNotFoundException($"The source does not have blob {digest}.")).Stream,
                from, uploads?.Find(repository, digest), location => uploads?.Keep(repository, digest, location) ?? Task.CompletedTask, cancel);
        }
        places[digest] = repository;
        return sent;
    }

    public async Task PutManifest(CopiedManifest manifest, string? tag, CancellationToken cancel)
    {
        var noted = await _pusher.PutManifest(repository, tag ?? manifest.Digest.Value, manifest.MediaType, manifest.Content, cancel);
        string? mediaType = manifest.MediaType;
        if (noted || ManifestDocument.Read(manifest.Content, ref mediaType, out var document) is not null || document.Subject is null) return;
        await ListAsReferrer(manifest, document, cancel);
    }

    public Task<bool> Delete(string reference, CancellationToken cancel) => _pusher.Delete(repository, reference, cancel);

    /// <summary>A registry without the referrers API: the list is kept under a tag ("Pushing Manifests with Subject", "Referrers Tag Schema").</summary>
    async Task ListAsReferrer(CopiedManifest manifest, ManifestDocument document, CancellationToken cancel)
    {
        var tag = RegistryClient.FallbackTag(document.Subject!.Digest);
        var known = await client.Manifest(repository, tag, patience, cancel) is { } kept ? JsonSerializer.Deserialize(kept.Content, RemoteJson.Default.RemoteIndex)?.Manifests ?? [] : [];
        if (known.Any(entry => entry.Digest == manifest.Digest)) return;
        var index = new RemoteIndex
        {
            Manifests =
            [
                .. known,
                new RemoteDescriptor
                {
                    MediaType = manifest.MediaType,
                    Digest = manifest.Digest,
                    Size = manifest.Content.Length,
                    ArtifactType = document.EffectiveArtifactType,
                    Annotations = document.Annotations is { ValueKind: JsonValueKind.Object } annotations
                        ? annotations.EnumerateObject().Where(one => one.Value.ValueKind == JsonValueKind.String).ToDictionary(one => one.Name, one => one.Value.GetString()!)
                        : null,
                },
            ],
        };
        await _pusher.PutManifest(repository, tag, ManifestDocument.OciIndex, JsonSerializer.SerializeToUtf8Bytes(index, RemoteJson.Default.RemoteIndex), cancel);
    }
}

/// <summary>
/// Where sessions of uploads are remembered. There is one that lasts (a replication's); who passes by has none. Thread-safe.
/// </summary>
interface IUploadMemory
{
    Uri? Find(string repository, Digest digest);

    /// <param name="location">Null: the upload is over.</param>
    Task Keep(string repository, Digest digest, Uri? location);
}
