using Slipway.Model;

namespace Slipway.Pipelines.Images.Contexts;

/// <summary>
/// Exactly as many bytes of a file as it had when it was opened. A tar entry states its size before its bytes: a file that grows while it is sent
/// would break the archive, and so would one that shrinks.
/// </summary>
internal sealed class FixedLengthStream(FileStream file) : Stream
{
    readonly long _length = file.Length;
    long _position;

    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Length => _length;

    public override long Position
    {
        get => _position;
        set => Seek(value, SeekOrigin.Begin);
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override int Read(Span<byte> buffer)
    {
        var wanted = (int)Math.Min(buffer.Length, _length - _position);
        return wanted == 0 ? 0 : Advance(file.Read(buffer[..wanted]));
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var wanted = (int)Math.Min(buffer.Length, _length - _position);
        return wanted == 0 ? 0 : Advance(await file.ReadAsync(buffer[..wanted], cancellationToken));
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override long Seek(long offset, SeekOrigin origin)
    {
        var from = origin switch { SeekOrigin.Begin => 0, SeekOrigin.Current => _position, _ => _length };
        return _position = file.Seek(from + offset, SeekOrigin.Begin);
    }

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing) file.Dispose();
        base.Dispose(disposing);
    }

    int Advance(int read)
    {
        if (read == 0)
            throw new InvalidInputException(new Diagnostic
            {
                Message = $"'{file.Name}' became shorter while it was sent to the build",
                File = file.Name,
                Expected = "a file that nothing writes during the build, or a line in .dockerignore that leaves it out",
            });
        _position += read;
        return read;
    }
}
