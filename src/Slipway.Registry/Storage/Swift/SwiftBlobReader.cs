namespace Slipway.Registry.Storage.Swift;

/// <summary>
/// Reads an object by ranges. Reads that follow each other come out of one answer of the service, whose range is doubled each time; when it breaks off, the
/// next is asked for from there. No object changes under its key, so two answers never are of two contents.
/// </summary>
sealed class SwiftBlobReader(SwiftObjects objects, string key, long length) : BlobReader
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
            catch (Exception broken) when (broken is not ObjectGoneException and not SwiftException)
            {
                range?.Dispose();
                cancel.ThrowIfCancellationRequested();
                if (attempt == Attempts) throw objects.Broken($"reading {key}", broken);
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
        var answer = await objects.Read(key, offset, size, cancel) ?? throw new ObjectGoneException($"{objects.Options.Place}: {key} was deleted while it was being read");
        return new Range(answer, await answer.Content.ReadAsStreamAsync(cancel), offset, size);
    }

    async Task<int> Next(Range range, Memory<byte> buffer, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(objects.Options.Timeout);
        var wanted = (int)Math.Min(buffer.Length, range.End - range.Position);
        var read = await range.Content.ReadAsync(buffer[..wanted], patience.Token);
        if (read == 0) throw new IOException($"the answer ended {range.End - range.Position} bytes early");
        range.Position += read;
        return read;
    }

    sealed class Range(HttpResponseMessage answer, Stream content, long first, long size) : IDisposable
    {
        public Stream Content => content;

        public long Size => size;

        public long End { get; } = first + size;

        public long Position { get; set; } = first;

        public void Dispose() => answer.Dispose();
    }

    sealed class ObjectGoneException(string message) : IOException(message);
}
