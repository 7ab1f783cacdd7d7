using Slipway.Model;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.Faults;

/// <summary>A store whose flushes take until the test lets them end.</summary>
sealed class SlowStore(IBlobStore store) : IBlobStore
{
    readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Only a flush of so many bytes is slow.</summary>
    public long SlowLength { get; set; } = -1;

    /// <summary>Done when a slow flush has begun.</summary>
    public Task Reached => _reached.Task;

    public long? FreeBytes => store.FreeBytes;

    public void GoOn() => _goOn.TrySetResult();

    public async Task<UploadWriter> OpenUpload(Guid upload, CancellationToken cancel) => new Writer(this, await store.OpenUpload(upload, cancel));

    public Task<long> UploadLength(Guid upload, CancellationToken cancel) => store.UploadLength(upload, cancel);

    public Task<string> Publish(Guid upload, Digest digest, CancellationToken cancel) => store.Publish(upload, digest, cancel);

    public Task Discard(Guid upload, CancellationToken cancel) => store.Discard(upload, cancel);

    public IAsyncEnumerable<StoredUpload> Uploads(CancellationToken cancel) => store.Uploads(cancel);

    public Task<BlobReader?> OpenBlob(string key, CancellationToken cancel) => store.OpenBlob(key, cancel);

    public Task<long?> BlobLength(string key, CancellationToken cancel) => store.BlobLength(key, cancel);

    public Task Delete(string key, CancellationToken cancel) => store.Delete(key, cancel);

    public IAsyncEnumerable<StoredObject> Blobs(CancellationToken cancel) => store.Blobs(cancel);

    sealed class Writer(SlowStore slow, UploadWriter writer) : UploadWriter
    {
        public override long Length => writer.Length;

        public override ValueTask Append(ReadOnlyMemory<byte> bytes, CancellationToken cancel) => writer.Append(bytes, cancel);

        public override ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel) => writer.Read(buffer, offset, cancel);

        public override async ValueTask Flush(CancellationToken cancel)
        {
            if (Length == slow.SlowLength)
            {
                slow._reached.TrySetResult();
                await slow._goOn.Task;
            }
            await writer.Flush(cancel);
        }

        public override ValueTask DisposeAsync() => writer.DisposeAsync();
    }
}
