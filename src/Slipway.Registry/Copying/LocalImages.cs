using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Copying;

/// <summary>A repository of our own.</summary>
sealed class LocalImages(RepositoryName repository, LocalStores stores) : IImageSource, IImageTarget
{
    public Task<CopiedManifest?> Manifest(string reference, CancellationToken cancel) => Task.FromResult(
        Reference.TryParse(reference) is { } parsed && stores.Manifests.Find(repository, parsed) is { } manifest ? new CopiedManifest(manifest.Digest, manifest.MediaType, manifest.Content) : null);

    public async Task<Digest?> Resolve(string reference, CancellationToken cancel) => (await Manifest(reference, cancel))?.Digest;

    public Task<bool> HasBlob(Digest digest, CancellationToken cancel) => Task.FromResult(stores.Blobs.Find(repository, digest) is not null);

    public async Task<BlobSource?> OpenBlob(Digest digest, long offset, CancellationToken cancel)
    {
        if (stores.Blobs.Find(repository, digest) is not { } blob || await stores.Store.OpenBlob(blob.Key, cancel) is not { } reader) return null;
        return new BlobSource(new BlobStream(reader, offset), blob.Size);
    }

    public Task<IReadOnlyList<Digest>> Referrers(Digest subject, CancellationToken cancel)
    {
        var found = new List<Digest>();
        for (var (last, more) = ("", true); more;)
        {
            (var page, more) = stores.Listings.Referrers(repository, subject, null, last, 1000);
            found.AddRange(page.Select(entry => Digest.Parse(entry.Digest)));
            if (page.Count > 0) last = page[^1].Digest;
        }
        return Task.FromResult<IReadOnlyList<Digest>>(found);
    }

    public Task<IReadOnlyCollection<string>> Tags(CancellationToken cancel)
    {
        var found = new List<string>();
        for (var last = ""; stores.Listings.Tags(repository, last, 1000) is { Count: > 0 } page; last = page[^1]) found.AddRange(page);
        return Task.FromResult<IReadOnlyCollection<string>>(found);
    }

    public Task<bool> HasManifest(Digest digest, CancellationToken cancel) => Task.FromResult(stores.Manifests.Find(repository, new Reference.ByDigest(digest)) is not null);

    public async Task<long> PutBlob(Digest digest, long size, IImageSource source, CancellationToken cancel)
    {
        // Kept until the manifest comes, as after a HEAD.
        if (stores.Blobs.Find(repository, digest) is { } have && await stores.Store.BlobLength(have.Key, cancel) == have.Size && await stores.Blobs.Keep(repository, digest, have)) return 0;
        // What another repository has need not come again, where the source has it too: knowing a digest is no right.
        if (stores.Blobs.FindAnywhere(digest) is { } elsewhere && await stores.Store.BlobLength(elsewhere.Key, cancel) == elsewhere.Size
            && await source.HasBlob(digest, cancel) && await stores.Blobs.Adopt(repository, digest, Caller.Server)) return 0;
        var fetch = stores.Fetches.Start(repository, digest, (offset, token) => source.OpenBlob(digest, offset, token));
        if (await fetch.Opened.WaitAsync(cancel) is not null) await fetch.Done.WaitAsync(cancel);
        if (stores.Blobs.Find(repository, digest) is not { } stored) throw new FileNotFoundException($"The source does not have blob {digest}.");
        return stored.Size;
    }

    public async Task PutManifest(CopiedManifest manifest, string? tag, CancellationToken cancel)
    {
        string? mediaType = manifest.MediaType;
        if (ManifestDocument.Read(manifest.Content, ref mediaType, out var document) is { } wrong) throw new InvalidDataException($"Manifest {manifest.Digest}: {wrong}");
        IReadOnlyList<TagName> tags = tag is null ? [] : TagName.TryParse(tag, out var name) ? [name] : throw new InvalidDataException($"'{tag}' is no tag: expected {TagName.Rule}");
        var missing = await stores.Manifests.Put(repository, new StoredManifest(manifest.Digest, manifest.MediaType, manifest.Content), document, tags, Caller.Server, cancel);
        if (missing.Count > 0) throw new FileNotFoundException($"{repository} does not have what manifest {manifest.Digest} refers to: {string.Join(", ", missing)}.");
    }

    public Task<bool> Delete(string reference, CancellationToken cancel) =>
        Reference.TryParse(reference) is { } parsed ? stores.Manifests.Delete(repository, parsed, Caller.Server, cancel) : Task.FromResult(false);
}

/// <summary>What a repository of ours is made of.</summary>
sealed record LocalStores(ManifestStore Manifests, Listings Listings, BlobIndex Blobs, IBlobStore Store, BlobFetches Fetches);
