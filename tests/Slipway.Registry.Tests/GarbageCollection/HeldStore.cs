using Slipway.Model;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.GarbageCollection;

/// <summary>A store that stops before it deletes, until it is told to go on: what happens in between, a test can choose.</summary>
sealed class HeldStore(IBlobStore store) : IBlobStore
{
    readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Done when a deletion has begun.</summary>
    public Task Reached => _reached.Task;

    /// <summary>Deletions fail with this.</summary>
    public Exception? Failure { get; set; }

    public long? FreeBytes => store.FreeBytes;

    public void GoOn() => _goOn.TrySetResult();

    public async Task Delete(string key, CancellationToken cancel)
    {
        if (Failure is not null) throw Failure;
        _reached.TrySetResult();
        await _goOn.Task;
        await store.Delete(key, cancel);
    }

    public Task<UploadWriter> OpenUpload(Guid upload, CancellationToken cancel) => store.OpenUpload(upload, cancel);

    public Task<long> UploadLength(Guid upload, CancellationToken cancel) => store.UploadLength(upload, cancel);

    public Task<string> Publish(Guid upload, Digest digest, CancellationToken cancel) => store.Publish(upload, digest, cancel);

    public Task Discard(Guid upload, CancellationToken cancel) => store.Discard(upload, cancel);

    public IAsyncEnumerable<StoredUpload> Uploads(CancellationToken cancel) => store.Uploads(cancel);

    public Task<BlobReader?> OpenBlob(string key, CancellationToken cancel) => store.OpenBlob(key, cancel);

    public Task<long?> BlobLength(string key, CancellationToken cancel) => store.BlobLength(key, cancel);

    public IAsyncEnumerable<StoredObject> Blobs(CancellationToken cancel) => store.Blobs(cancel);
}
