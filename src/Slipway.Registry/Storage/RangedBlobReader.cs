namespace Slipway.Registry.Storage;

/// <summary>
/// Reads an object of a service by ranges. Reads that follow each other come out of one answer of the service, whose range is doubled each time; when it
/// breaks off, the next is asked for from there. No object changes under its key, so two answers never are of two contents.
/// </summary>
/// <param name="place">The store, for people.</param>
/// <param name="length">Bytes of the object.</param>
abstract class RangedBlobReader(string place, string key, long length) : BlobReader
{
    const long FirstRange = 8 << 20;
    const long LastRange = 256 << 20;
    const int Attempts = 3;

    Range? _range;

    public override long Length => length;

    protected string Key => key;

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
                    range = await OpenRange(offset, Math.Min(size, length - offset), cancel);
                }
                var read = await Next(range, buffer, cancel);
                Interlocked.Exchange(ref _range, range)?.Dispose();
                return read;
            }
            catch (Exception broken)
            {
                range?.Dispose();
                cancel.ThrowIfCancellationRequested();
                if (broken is ObjectGoneException || IsFinal(broken)) throw;
                if (attempt == Attempts) throw Failure(broken);
            }
        }
    }

    public override ValueTask DisposeAsync()
    {
        Interlocked.Exchange(ref _range, null)?.Dispose();
        return ValueTask.CompletedTask;
    }

    /// <summary>Asks the service for a range: the content, and what is disposed of when it has been read. Null where there is no such object.</summary>
    protected abstract Task<(Stream Content, IDisposable Answer)?> Open(long offset, long size, CancellationToken cancel);

    /// <summary>Reads on in an answer.</summary>
    protected virtual ValueTask<int> ReadOn(Stream content, Memory<byte> buffer, CancellationToken cancel) => content.ReadAsync(buffer, cancel);

    /// <summary>Whether asking again is of no use.</summary>
    protected virtual bool IsFinal(Exception broken) => false;

    /// <summary>What the last attempt ended with, for people.</summary>
    protected abstract IOException Failure(Exception broken);

    /// <summary>An answer that was shorter than it should be.</summary>
    protected abstract IOException EndedEarly(long missing);

    async Task<Range> OpenRange(long offset, long size, CancellationToken cancel)
    {
        var (content, answer) = await Open(offset, size, cancel) ?? throw new ObjectGoneException($"{place}: {key} was deleted while it was being read");
        return new Range(content, answer, offset, size);
    }

    async Task<int> Next(Range range, Memory<byte> buffer, CancellationToken cancel)
    {
        var wanted = (int)Math.Min(buffer.Length, range.End - range.Position);
        var read = await ReadOn(range.Content, buffer[..wanted], cancel);
        if (read == 0) throw EndedEarly(range.End - range.Position);
        range.Position += read;
        return read;
    }

    sealed class Range(Stream content, IDisposable answer, long first, long size) : IDisposable
    {
        public Stream Content => content;

        public long Size => size;

        public long End { get; } = first + size;

        public long Position { get; set; } = first;

        public void Dispose() => answer.Dispose();
    }

    sealed class ObjectGoneException(string message) : IOException(message);
}
