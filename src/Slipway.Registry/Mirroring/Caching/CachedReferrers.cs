using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;
using Slipway.Registry.Signatures;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>
/// What is attached to an image of a cache. The upstream is asked when somebody asks here, not with every pull: each of them may count against a limit there.
/// Where the upstream is away, what is here is all that there is. Thread-safe.
/// </summary>
sealed partial class CachedReferrers(Caches caches, PullThrough pullThrough, BlobFetches fetches, TagChecks checks, BlobIndex blobs, SignatureSearch signatures, ILogger<CachedReferrers> log)
{
    /// <summary>Of one image; an image with more is no reason to work without end.</summary>
    const int Most = 256;

    /// <summary>Contents of signatures; what is larger is none.</summary>
    const long MaxContent = 512 << 10;

    readonly ConcurrentDictionary<(RepositoryName, Digest), Lazy<Task<string?>>> _running = new();

    /// <summary>Brings the manifests that refer to a digest, and cosign's signature of it, at most once in the lifetime of the cache's tags.</summary>
    /// <returns>Why there may be more there than here, for people; else null.</returns>
    public async Task<string?> Bring(RepositoryName repository, Digest subject, CancellationToken cancel)
    {
        if (caches.For(repository) is not { } cache || !cache.Allows(repository)) return null;
        if (!TagName.TryParse(RegistryClient.FallbackTag(subject), out var mark) || checks.IsFresh(repository, mark, cache.Settings.TagLifetime)) return null;
        if (cache.IsPaused) return $"from the cache, perhaps not all: {cache.Upstream} did not answer a moment ago, or asked to be left alone";
        // Not bound to this request: others wait for it, and what it brings is kept.
        return await _running.GetOrAdd((repository, subject), _ => new Lazy<Task<string?>>(() => Task.Run(() => BringOnce(cache, repository, subject, mark)))).Value.WaitAsync(cancel);
    }

    /// <summary>As <see cref="Bring"/>, and the contents of those that are signatures.</summary>
    public async Task BringSignatures(RepositoryName repository, Digest subject, CancellationToken cancel)
    {
        if (caches.For(repository) is null) return;
        await Bring(repository, subject, cancel);
        foreach (var (carrier, _) in signatures.Of(repository, subject).Take(Most))
            foreach (var layer in (SignatureManifest.Read(carrier.Content)?.Layers ?? []).Take(Most))
                if (layer is { Size: <= MaxContent }) await BringBlob(repository, layer.Digest, cancel);
    }

    async Task<string?> BringOnce(Cache cache, RepositoryName repository, Digest subject, TagName mark)
    {
        try
        {
            var there = await cache.Client.Referrers(cache.NameThere(repository), subject, Patience.Hurry, CancellationToken.None);
            cache.Answered();
            string? missing = null;
            foreach (var referrer in there.Take(Most))
                missing ??= await BringManifest(repository, new Reference.ByDigest(referrer.Digest));
            if (TagName.TryParse(SignatureTypes.TagOf(subject), out var signature)) missing ??= await BringManifest(repository, new Reference.ByTag(signature));
            if (missing is null) await checks.Note(repository, mark);
            return missing is null ? null : $"from the cache, perhaps not all: {missing}";
        }
        catch (RemoteException failure)
        {
            cache.Failed(failure);
            LogNotAsked(cache.Settings.Project, $"{repository}@{subject}", failure.Message);
            return $"from the cache, perhaps not all: {failure.Message}";
        }
        finally
        {
            _running.TryRemove((repository, subject), out _);
        }
    }

    /// <summary>Null where it is here now, or not there; else why not.</summary>
    async Task<string?> BringManifest(RepositoryName repository, Reference reference)
    {
        var pulled = await pullThrough.Manifest(repository, reference, CancellationToken.None);
        return pulled.Error?.Message ?? pulled.Warning;
    }

    async Task BringBlob(RepositoryName repository, Digest digest, CancellationToken cancel)
    {
        if (blobs.Find(repository, digest) is not null) return;
        var pulled = await pullThrough.Blob(repository, digest, head: false, cancel);
        pulled.Reader?.Dispose();
        if (!pulled.IsHere && fetches.Find(digest) is { } running) await running.Done.WaitAsync(cancel).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancel.ThrowIfCancellationRequested();
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cache '{Project}': what is attached to {Image} could not be asked for: {Reason}")]
    partial void LogNotAsked(string project, string image, string reason);
}
