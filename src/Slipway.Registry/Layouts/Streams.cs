using Microsoft.Win32.SafeHandles;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Layouts;

/// <summary>A part of a file, which others may read at the same time.</summary>
sealed class SliceStream(SafeFileHandle file, long first, long length) : ReadStream
{
    long _done;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = RandomAccess.Read(file, buffer.Span[..(int)Math.Min(buffer.Length, length - _done)], first + _done);
        _done += read;
        return ValueTask.FromResult(read);
    }
}

/// <summary>Bytes that were read already, and then the rest.</summary>
sealed class PrefixedStream(byte[] head, Stream rest) : ReadStream
{
    int _done;

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_done == head.Length) return rest.ReadAsync(buffer, cancellationToken);
        var count = Math.Min(buffer.Length, head.Length - _done);
        head.AsMemory(_done, count).CopyTo(buffer);
        _done += count;
        return ValueTask.FromResult(count);
    }
}

/// <summary>
/// A stream of a known length that says so, as the tar writer asks for; it hashes what passes.
/// </summary>
sealed class SizedStream(Stream content, long length, System.Security.Cryptography.IncrementalHash hash) : ReadStream
{
    long _done;

    // The tar writer takes the length of what can seek, and does not seek.
    public override bool CanSeek => true;

    public override long Length => length;

    public override long Position { get => _done; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_done == length) return 0;
        var read = await content.ReadAsync(buffer[..(int)Math.Min(buffer.Length, length - _done)], cancellationToken);
        if (read == 0) throw new InvalidDataException($"The content ended after {_done} of {length} bytes.");
        hash.AppendData(buffer.Span[..read]);
        _done += read;
        return read;
    }
}
