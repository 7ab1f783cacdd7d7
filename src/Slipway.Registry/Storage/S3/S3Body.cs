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

    /// <summary>Fills the buffer as long as there is something.</summary>
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var filled = 0;
        while (filled < buffer.Length && _position < Length)
        {
            var (piece, offset) = At(_position);
            var read = await piece.Read(buffer[filled..(int)Math.Min(buffer.Length, filled + piece.Length - offset)], offset, cancellationToken);
            if (read == 0) throw new IOException("what was to be sent ended early");
            filled += read;
            _position += read;
        }
        return filled;
    }

    /// <summary>
    /// The SDK hashes in this way, with an instance that the thread has. A piece that is read from the service makes requests of its own, which are hashed too: so on another thread.
    /// </summary>
    public override int Read(byte[] buffer, int offset, int count) => Task.Run(() => ReadAsync(buffer.AsMemory(offset, count)).AsTask()).GetAwaiter().GetResult();

    public override long Seek(long offset, SeekOrigin origin) => _position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => _position + offset,
        _ => Length + offset,
    };

    (S3BodyPiece Piece, long Offset) At(long position)
    {
        foreach (var piece in pieces)
        {
            if (position < piece.Length) return (piece, position);
            position -= piece.Length;
        }
        throw new ArgumentOutOfRangeException(nameof(position));
    }
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
