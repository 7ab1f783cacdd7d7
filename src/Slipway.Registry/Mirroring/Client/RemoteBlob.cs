namespace Slipway.Registry.Mirroring.Client;

/// <summary>One answer's bytes of a blob.</summary>
/// <param name="At">Where the stream begins in the blob.</param>
/// <param name="Wanted">Where it was asked to begin.</param>
/// <param name="Total">Bytes of the whole blob, where the registry said.</param>
sealed record BlobPart(HttpResponseMessage Answer, Stream Stream, long At, long Wanted, long? Total) : IDisposable
{
    public void Dispose()
    {
        Stream.Dispose();
        Answer.Dispose();
    }
}

/// <summary>
/// A blob that is being read from another registry. When the connection breaks, or stays silent, it goes on where it was; only tries without a single
/// new byte between them are counted. Read by one caller at a time; it does not check the digest.
/// </summary>
sealed class RemoteBlob(BlobPart first, Func<long, CancellationToken, Task<BlobPart?>> open, string what, Patience patience, TimeProvider time) : Stream
{
    BlobPart? _part = first;
    long _position = first.Wanted;
    long _inPart = first.At;
    int _failures;

    /// <summary>Bytes of the whole blob, where the registry said.</summary>
    public long? Total { get; } = first.Total;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (true)
        {
            Exception broken;
            using var silence = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            silence.CancelAfter(patience.Silence);
            try
            {
                _part ??= await Reopen(cancellationToken);
                while (_inPart < _position)
                {
                    var over = await _part.Stream.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _position - _inPart)], silence.Token);
                    if (over == 0) throw new IOException("it ended before the place that was reached before");
                    _inPart += over;
                    silence.CancelAfter(patience.Silence);
                }
                var read = await _part.Stream.ReadAsync(buffer, silence.Token);
                if (read == 0 && _position < Total) throw new IOException($"it ended {Total - _position} bytes early");
                _position += read;
                _inPart += read;
                if (read > 0) _failures = 0;
                return read;
            }
            catch (Exception cut) when (cut is IOException and not RemoteException or HttpRequestException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
            {
                broken = cut;
            }
            _part?.Dispose();
            _part = null;
            if (patience.Before(++_failures, null) is not { } wait)
                throw new RemoteException($"{what} broke off at byte {_position}: {(broken is OperationCanceledException ? $"nothing came for {patience.Silence.TotalSeconds:0} s" : broken.Message)}", null, broken);
            await Task.Delay(wait, time, cancellationToken);
        }
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => _position; set => throw new NotSupportedException(); }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) _part?.Dispose();
        base.Dispose(disposing);
    }

    async Task<BlobPart> Reopen(CancellationToken cancel)
    {
        var part = await open(_position, cancel) ?? throw new RemoteException($"{what} is not there any more.", System.Net.HttpStatusCode.NotFound);
        _inPart = part.At;
        return part;
    }
}
