namespace Slipway.Registry.Storage.S3;

/// <summary>The body of a request, made of pieces: bytes in memory, or objects that are read while it is sent. The SDK may set it back and read it again.</summary>
sealed class S3Body(IReadOnlyList<S3BodyPiece> pieces) : ReadStream
{
    long _position;

    public override bool CanSeek => true;

    public override long Length { get; } = pieces.Sum(piece => piece.Length);

    public override long Position
    {
        get => _position;
        set => _position = value;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var begin = 0L;
        foreach (var piece in pieces)
        {
            var offset = _position - begin;
            begin += piece.Length;
            if (offset >= piece.Length) continue;
            var read = await piece.Read(buffer[..(int)Math.Min(buffer.Length, piece.Length - offset)], offset, cancellationToken);
            if (read == 0 && buffer.Length > 0) throw new IOException("what was to be sent ended early");
            _position += read;
            return read;
        }
        return 0;
    }

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };
}

readonly record struct S3BodyPiece(long Length, Func<Memory<byte>, long, CancellationToken, ValueTask<int>> Read)
{
    public static S3BodyPiece Of(ReadOnlyMemory<byte> bytes) => new(bytes.Length, (buffer, offset, _) =>
    {
        bytes.Slice((int)offset, buffer.Length).CopyTo(buffer);
        return ValueTask.FromResult(buffer.Length);
    });

    public static S3BodyPiece Of(BlobReader reader) => new(reader.Length, reader.Read);
}
