namespace Slipway.Registry.Storage;

/// <summary>A stored blob from an offset on, as a stream. Its disposal is the reader's.</summary>
sealed class BlobStream(BlobReader reader, long offset = 0) : ReadStream
{
    long _position = offset;
    bool _closed;

    public override long Length => reader.Length;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await reader.Read(buffer, _position, cancellationToken);
        _position += read;
        return read;
    }

    public override async ValueTask DisposeAsync()
    {
        if (!_closed) await reader.DisposeAsync();
        _closed = true;
        await base.DisposeAsync();
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing && !_closed) reader.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _closed = true;
        base.Dispose(disposing);
    }
}
