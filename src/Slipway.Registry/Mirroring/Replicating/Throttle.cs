using Slipway.Model;
using Slipway.Registry.Copying;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Mirroring.Replicating;

/// <summary>Bytes a second over everything that passes. Thread-safe.</summary>
sealed class Throttle(long bytesPerSecond, TimeProvider time)
{
    readonly Lock _lock = new();
    long _free = time.GetTimestamp();

    /// <summary>Returns when the bytes may be on their way; whoever comes first is served first.</summary>
    public Task Pass(int bytes, CancellationToken cancel)
    {
        TimeSpan wait;
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_free < now) _free = now;
            _free += (long)(bytes / (double)bytesPerSecond * time.TimestampFrequency);
            wait = time.GetElapsedTime(now, _free);
        }
        // What is owed for less than this is paid with the next bytes.
        return wait > TimeSpan.FromMilliseconds(20) ? Task.Delay(wait, time, cancel) : Task.CompletedTask;
    }
}

/// <summary>A source whose blobs come no faster than a throttle lets them.</summary>
sealed class ThrottledSource(IImageSource source, Throttle throttle) : IImageSource
{
    public Task<CopiedManifest?> Manifest(string reference, CancellationToken cancel) => source.Manifest(reference, cancel);

    public Task<Digest?> Resolve(string reference, CancellationToken cancel) => source.Resolve(reference, cancel);

    public Task<bool> HasBlob(Digest digest, CancellationToken cancel) => source.HasBlob(digest, cancel);

    public async Task<BlobSource?> OpenBlob(Digest digest, long offset, CancellationToken cancel) =>
        await source.OpenBlob(digest, offset, cancel) is { } blob ? blob with { Stream = new ThrottledStream(blob.Stream, throttle) } : null;

    public Task<IReadOnlyList<Digest>> Referrers(Digest subject, CancellationToken cancel) => source.Referrers(subject, cancel);

    public Task<IReadOnlyCollection<string>> Tags(CancellationToken cancel) => source.Tags(cancel);

    sealed class ThrottledStream(Stream stream, Throttle throttle) : ReadStream
    {
        const int MostAtOnce = 64 << 10;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await stream.ReadAsync(buffer[..Math.Min(buffer.Length, MostAtOnce)], cancellationToken);
            if (read > 0) await throttle.Pass(read, cancellationToken);
            return read;
        }

        public override async ValueTask DisposeAsync()
        {
            await stream.DisposeAsync();
            await base.DisposeAsync();
        }

        protected override void Dispose(bool disposing)
        {
            if (disposing) stream.Dispose();
            base.Dispose(disposing);
        }
    }
}
