using System.Collections.Concurrent;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Client;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;
using Slipway.Registry.Uploads;

namespace Slipway.Registry.Mirroring.Caching;

/// <summary>
/// The blobs that are on their way from other registries: one fetch for each digest, however many want it. It goes on when those who asked have gone
/// away, and where it was when it broke off, also by a kill. Thread-safe.
/// </summary>
sealed partial class BlobFetches(
    UploadSessions sessions, BlobIndex blobs, IBlobStore store, RegistryOptions options, TimeProvider time, IHostApplicationLifetime? lifetime, ILogger<BlobFetches> log)
{
    /// <summary>How long what a failed fetch has left waits for the next.</summary>
    static readonly TimeSpan Keep = TimeSpan.FromDays(1);

    readonly ConcurrentDictionary<Digest, BlobFetch> _running = new();
    readonly ConcurrentDictionary<BlobFetch, Task> _tasks = new();
    bool _madeFolder;

    public BlobFetch? Find(Digest digest) => _running.GetValueOrDefault(digest);

    /// <summary>The fetch of the digest that is under way, or a new one; whether the repository may have it is the caller's to know.</summary>
    public BlobFetch Start(RepositoryName repository, Digest digest, Func<long, CancellationToken, Task<BlobSource?>> open)
    {
        while (true)
        {
            if (_running.TryGetValue(digest, out var running))
            {
                if (running.TryAdd(repository)) return running;
                // Just ending: it takes itself out in a moment.
                _running.TryRemove(new(digest, running));
                continue;
            }
            if (!_madeFolder)
            {
                DurableFolder.Create(options.FetchPath);
                _madeFolder = true;
            }
            var fetch = new BlobFetch(digest, repository, Path.Combine(options.FetchPath, $"{digest.Algorithm}-{digest.Hex}"));
            if (!_running.TryAdd(digest, fetch)) continue;
            _tasks[fetch] = Task.Run(async () =>
            {
                await Run(fetch, open, lifetime?.ApplicationStopping ?? CancellationToken.None);
                _tasks.TryRemove(fetch, out _);
            });
            // It may have been over before it was noted.
            if (fetch.Done.IsCompleted) _tasks.TryRemove(fetch, out _);
            return fetch;
        }
    }

    /// <summary>Returns when none is under way any more; those that still wait for bytes are broken off when the application stops.</summary>
    public Task Stop() => Task.WhenAll(_tasks.Values);

    /// <summary>Removes what was left by fetches that nobody took up again.</summary>
    public void RemoveStale()
    {
        if (!Directory.Exists(options.FetchPath)) return;
        var before = time.GetUtcNow() - Keep;
        foreach (var file in new DirectoryInfo(options.FetchPath).EnumerateFiles())
            if (file.LastWriteTimeUtc < before && !_running.Keys.Any(digest => file.Name.EndsWith(digest.Hex, StringComparison.Ordinal))) file.Delete();
    }

    async Task Run(BlobFetch fetch, Func<long, CancellationToken, Task<BlobSource?>> open, CancellationToken cancel)
    {
        Exception? failure = null;
        var kept = false;
        try
        {
            if (await fetch.Receive(open, CheckRoom, cancel))
            {
                await Store(fetch);
                kept = true;
            }
        }
        catch (Exception error)
        {
            failure = error;
            if (!cancel.IsCancellationRequested) LogFailed(fetch.Digest.Value, fetch.Repository.Value, error.Message);
        }
        // First out of sight, so that who comes now finds the blob in the index; then to all who came while it ran.
        _running.TryRemove(new(fetch.Digest, fetch));
        var repositories = fetch.Close();
        try
        {
            if (kept)
                foreach (var other in repositories.Where(name => name != fetch.Repository)) await blobs.Mount(fetch.Repository, other, fetch.Digest, Caller.Server);
        }
        catch (Exception error)
        {
            // The first has it; the others get it when they ask again.
            LogFailed(fetch.Digest.Value, string.Join(", ", repositories), error.Message);
        }
        fetch.End(failure, keepBytes: !kept && failure is not null and not CorruptContentException);
    }

    async Task Store(BlobFetch fetch)
    {
        await using var bytes = fetch.Reread();
        await using var upload = await sessions.StartPassing(fetch.Repository, CancellationToken.None);
        try
        {
            await upload.Append(bytes, fetch.Digest.Algorithm, CancellationToken.None);
        }
        catch
        {
            await upload.Cancel();
            throw;
        }
        if (!await upload.Finish(fetch.Digest, Caller.Server, CancellationToken.None)) throw new CorruptContentException($"Blob {fetch.Digest} changed on the disk while it was stored.");
    }

    void CheckRoom(long more)
    {
        if (store.FreeBytes is { } free && free - more < options.MinFreeBytes)
            throw new IOException($"the disk of the registry's folder is nearly full: {more} bytes would come, {free} are free, and {options.MinFreeBytes} must stay free");
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Blob {Digest} for {Repository} could not be fetched: {Reason}")]
    partial void LogFailed(string digest, string repository, string reason);
}
