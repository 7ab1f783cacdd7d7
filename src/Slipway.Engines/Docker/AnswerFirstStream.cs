namespace Slipway.Engines.Docker;

/// <summary>
/// A connection on which the engine's answer is never lost to a broken pipe. An engine that refuses a request answers and closes without reading
/// the rest of its body; what is still written then goes nowhere, and the answer, already received, is what the caller must see.
/// Where there is none, reading reports the break.
/// </summary>
sealed class AnswerFirstStream(Stream connection) : Stream
{
    bool _deaf;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_deaf) return;
        try
        {
            await connection.WriteAsync(buffer, cancellationToken);
        }
        catch (IOException)
        {
            _deaf = true;
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count)
    {
        if (_deaf) return;
        try
        {
            connection.Write(buffer, offset, count);
        }
        catch (IOException)
        {
            _deaf = true;
        }
    }

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => connection.ReadAsync(buffer, cancellationToken);

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        connection.ReadAsync(buffer, offset, count, cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => connection.Read(buffer, offset, count);

    public override Task FlushAsync(CancellationToken cancellationToken) => _deaf ? Task.CompletedTask : connection.FlushAsync(cancellationToken);

    public override void Flush() => connection.Flush();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) connection.Dispose();
        base.Dispose(disposing);
    }
}
