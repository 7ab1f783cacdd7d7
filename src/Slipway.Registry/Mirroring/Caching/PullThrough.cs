using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.Endpoints;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>
/// What the endpoints ask where a repository is a cache's: the manifest or blob from here, or from the upstream and from then on from here. What is
/// here is served whatever becomes of the upstream. Thread-safe.
/// </summary>
sealed partial class PullThrough(
    Caches caches, ManifestStore manifests, BlobIndex blobs, BlobFetches fetches, TagChecks checks, RegistryOptions options, ILogger<PullThrough> log)
{
    readonly ConcurrentDictionary<(RepositoryName, string), Lazy<Task<Refreshed>>> _refreshing = new();

    /// <summary>Why nothing may be pushed to the repository, or null.</summary>
    public RegistryError? RefusesPush(RepositoryName repository) => caches.For(repository) is { Settings.AllowPush: false } cache
        ? RegistryError.Denied($"project '{cache.Settings.Project}' is a cache of {cache.Upstream}, so nothing is pushed to it: push to another project, or allow it with 'slipway mirror add {cache.Settings.Project} {cache.Upstream} --allow-push'")
        : null;

    public ValueTask<PulledManifest> Manifest(RepositoryName repository, Reference reference, CancellationToken cancel)
    {
        var have = manifests.Find(repository, reference);
        if (caches.For(repository) is not { } cache) return new(new PulledManifest { Manifest = have });
        if (have is not null && (reference is Reference.ByDigest || !cache.Allows(repository) || checks.IsFresh(repository, ((Reference.ByTag)reference).Tag, cache.Settings.TagLifetime)))
            return new(new PulledManifest { Manifest = have });
        if (!cache.Allows(repository)) return new(new PulledManifest { Error = NotAllowed(cache, repository) });
        if (have is not null && cache.IsPaused) return new(Stale(cache, have, "it did not answer a moment ago, or asked to be left alone"));
        return new(Ask(cache, repository, reference, have, cancel));
    }

    /// <summary>A blob that is not here: null members all where it is not there either.</summary>
    public async ValueTask<PulledBlob> Blob(RepositoryName repository, Digest digest, bool head, CancellationToken cancel)
    {
        if (caches.For(repository) is not { } cache) return default;
        if (!cache.Allows(repository)) return new PulledBlob { Error = NotAllowed(cache, repository) };
        var there = cache.NameThere(repository);
        try
        {
            var running = fetches.Find(digest);
            // What another repository has, or is getting, need not come again; but that this one has it too, only its upstream can say.
            if (running?.IsFor(repository) is not true && (head || running is not null || blobs.FindAnywhere(digest) is not null))
            {
                if (await cache.Client.HeadBlob(there, digest, Patience.Waiting, cancel) is not { } known) return default;
                cache.Answered();
                if (await blobs.Adopt(repository, digest, Caller.Server)) return new PulledBlob { IsHere = true };
                if (head) return new PulledBlob { Size = known.Size };
            }
            var fetch = fetches.Start(repository, digest, async (offset, token) =>
                await cache.Client.OpenBlob(there, digest, offset, Patience.Waiting, token) is { } blob ? new BlobSource(blob, blob.Total) : null);
            if (await fetch.Opened.WaitAsync(cancel) is not { } opened) return blobs.Find(repository, digest) is not null ? new PulledBlob { IsHere = true } : default;
            cache.Answered();
            return fetch.Read() is { } reader ? new PulledBlob { Reader = reader, Size = opened.Size } : new PulledBlob { IsHere = true };
        }
        catch (RemoteException failure)
        {
            cache.Failed(failure);
            LogFailed(cache.Settings.Project, $"{repository}@{digest}", failure.Message);
            return new PulledBlob { Error = Explain(cache, failure), RetryAfter = failure.RetryAfter };
        }
        catch (IOException full) when (full is not RemoteException)
        {
            return new PulledBlob { Error = RegistryError.UpstreamFailed(full.Message) };
        }
    }

    async Task<PulledManifest> Ask(Cache cache, RepositoryName repository, Reference reference, StoredManifest? have, CancellationToken cancel)
    {
        var key = (repository, reference.Text);
        try
        {
            // The work is not bound to this request: others wait for it, and what it brings is kept.
            var refreshed = await _refreshing.GetOrAdd(key, _ => new Lazy<Task<Refreshed>>(() => Task.Run(() => RefreshOnce(cache, repository, reference, have)))).Value.WaitAsync(cancel);
            if (refreshed.Manifest is { } manifest) return refreshed.Note is { } note ? Stale(cache, manifest, note) : new PulledManifest { Manifest = manifest };
            return have is null ? default : Stale(cache, have, "it does not have the image any more");
        }
        catch (RemoteException failure)
        {
            cache.Failed(failure);
            LogFailed(cache.Settings.Project, $"{repository}:{reference.Text}", failure.Message);
            return have is not null ? Stale(cache, have, failure.Message) : new PulledManifest { Error = Explain(cache, failure), RetryAfter = failure.RetryAfter };
        }
    }

    async Task<Refreshed> RefreshOnce(Cache cache, RepositoryName repository, Reference reference, StoredManifest? have)
    {
        try
        {
            return await Refresh(cache, repository, reference, have);
        }
        finally
        {
            _refreshing.TryRemove((repository, reference.Text), out _);
        }
    }

    async Task<Refreshed> Refresh(Cache cache, RepositoryName repository, Reference reference, StoredManifest? have)
    {
        var there = cache.NameThere(repository);
        var patience = have is null ? Patience.Waiting : Patience.Hurry;
        var tag = (reference as Reference.ByTag)?.Tag;
        if (have is not null && await cache.Client.Head(there, reference.Text, patience, CancellationToken.None) is var head)
        {
            if (head is null) return new Refreshed(null, null);
            cache.Answered();
            if (head.Digest == have.Digest)
            {
                await checks.Note(repository, tag!.Value);
                return new Refreshed(have, null);
            }
            // Asking which one it is costs nothing; getting it counts.
            if (cache.Client.Limit.IsNear) return new Refreshed(have, $"only {cache.Client.Limit.Remaining} more pulls are allowed there for now, so the newer image is not fetched yet");
        }
        if (await cache.Client.Manifest(there, reference.Text, patience, CancellationToken.None) is not { } found) return new Refreshed(null, null);
        cache.Answered();
        var stored = await Keep(cache, repository, tag, found);
        if (tag is { } moved) await checks.Note(repository, moved);
        return new Refreshed(stored, null);
    }

    async Task<StoredManifest> Keep(Cache cache, RepositoryName repository, TagName? tag, RemoteManifest found)
    {
        var mediaType = found.MediaType;
        if (found.Content.Length > options.MaxManifestBytes) throw new CorruptContentException($"{cache.Upstream} answered a manifest of {found.Content.Length} bytes; the most that is kept is {options.MaxManifestBytes}.");
        if (ManifestDocument.Read(found.Content, ref mediaType, out var document) is { } wrong) throw new CorruptContentException($"{cache.Upstream} answered a manifest that can't be kept: {wrong}");
        var manifest = new StoredManifest(found.Digest, mediaType!, found.Content);
        await manifests.Put(repository, manifest, document, tag is { } name ? [name] : [], Caller.Server, CancellationToken.None, partial: true);
        return manifest;
    }

    PulledManifest Stale(Cache cache, StoredManifest manifest, string why)
    {
        LogStale(cache.Settings.Project, manifest.Digest.Value, why);
        return new PulledManifest { Manifest = manifest, Warning = $"from the cache, perhaps not the newest: {cache.Upstream}: {why}" };
    }

    static RegistryError NotAllowed(Cache cache, RepositoryName repository) => RegistryError.Denied(
        $"'{cache.NameThere(repository)}' is none of the repositories that may be had through the cache '{cache.Settings.Project}': {string.Join(", ", cache.Settings.Allowed)}");

    static RegistryError Explain(Cache cache, RemoteException failure) => failure switch
    {
        { Status: System.Net.HttpStatusCode.TooManyRequests } => RegistryError.UpstreamLimit(failure.Message),
        // Docker Hub says so of what does not exist, too.
        { IsRefused: true } => RegistryError.UpstreamRefused($"{failure.Message}. Either it does not exist there, or it needs {(cache.Upstream.User is null ? "a credential, and the cache has none" : "another credential than the cache has")}"),
        _ => RegistryError.UpstreamFailed(failure.Message),
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "Cache '{Project}': {Image} was not to be had: {Reason}")]
    partial void LogFailed(string project, string image, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Cache '{Project}' served {Digest} without its upstream: {Reason}")]
    partial void LogStale(string project, string digest, string reason);

    /// <param name="Manifest">Null: the upstream does not have it.</param>
    /// <param name="Note">Why it may not be the newest.</param>
    sealed record Refreshed(StoredManifest? Manifest, string? Note);
}

/// <summary>What to answer for a manifest: it, or why not; neither: there is none.</summary>
readonly record struct PulledManifest
{
    public StoredManifest? Manifest { get; init; }

    public RegistryError? Error { get; init; }

    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Why it may not be the newest.</summary>
    public string? Warning { get; init; }
}

/// <summary>What to answer for a blob that was not here: that it is now, its bytes as they come, its size alone, or why not; none of these: there is none.</summary>
readonly record struct PulledBlob
{
    public bool IsHere { get; init; }

    public BlobFetch.Reader? Reader { get; init; }

    public long? Size { get; init; }

    public RegistryError? Error { get; init; }

    public TimeSpan? RetryAfter { get; init; }
}
