namespace Slipway.Registry.Storage.Azure;

/// <summary>
/// Reads a blob by ranges. Reads that follow each other come out of one answer of the service, whose range is doubled each time; when it breaks off, the SDK
/// goes on where it ended, as long as the blob is the same.
/// </summary>
sealed class AzureBlobReader(AzureBlobs blobs, string key, long length) : BlobReader
{
    const long FirstRange = 8 << 20;
    const long LastRange = 256 << 20;
    const int Attempts = 3;

    Range? _range;

    public override long Length => length;

    public override async ValueTask<int> Read(Memory<byte> buffer, long offset, CancellationToken cancel)
    {
        if (offset >= length || buffer.Length == 0) return 0;
        for (var attempt = 1; ; attempt++)
        {
            // Whoever reads beside us finds none, and opens another.
            var range = Interlocked.Exchange(ref _range, null);
            try
            {
                if (range is null || range.Position != offset || range.Position == range.End)
                {
                    var size = range is not null && range.Position == offset ? Math.Min(range.Size * 2, LastRange) : FirstRange;
                    range?.Dispose();
                    range = null;
                    range = await Open(offset, Math.Min(size, length - offset), cancel);
                }
                var read = await Next(range, buffer, cancel);
                Interlocked.Exchange(ref _range, range)?.Dispose();
                return read;
            }
            catch (Exception broken)
            {
                range?.Dispose();
                cancel.ThrowIfCancellationRequested();
                if (attempt < Attempts && broken is not BlobGoneException) continue;
                throw broken as IOException ?? blobs.Failure(broken, $"reading {key}");
            }
        }
    }

    public override ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _range, null)?.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task<Range> Open(long offset, long size, CancellationToken cancel)
    {
        var content = await blobs.Read(key, offset, size, cancel) ?? throw new BlobGoneException($"{blobs.Options.Place}: {key} was deleted while it was being read");
        return new Range(content, offset, size);
    }

    async Task<int> Next(Range range, Memory<byte> buffer, CancellationToken cancel)
    {
        var wanted = (int)Math.Min(buffer.Length, range.End - range.Position);
        var read = await range.Content.ReadAsync(buffer[..wanted], cancel);
        if (read == 0) throw new IOException($"{blobs.Options.Place}: the answer to reading {key} ended {range.End - range.Position} bytes early");
        range.Position += read;
        return read;
    }

    sealed class Range(Stream content, long first, long size) : IDisposable
    {
        public Stream Content { get; } = content;

        public long Size { get; } = size;

        public long End { get; } = first + size;

        public long Position { get; set; } = first;

        public void Dispose() => Content.Dispose();
    }

    sealed class BlobGoneException(string message) : IOException(message);
}
