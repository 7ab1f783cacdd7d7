using System.Buffers;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace Slipway.Registry.Mirroring.Client;

/// <summary>A part of a blob as a request's body. It is read from its source each time that it is sent: a request may be refused and repeated.</summary>
sealed class BlobContent : HttpContent
{
    const int BufferSize = 256 << 10;
    readonly Func<long, CancellationToken, Task<Stream>> _open;
    readonly long _offset;
    readonly long _length;

    public BlobContent(Func<long, CancellationToken, Task<Stream>> open, long offset, long length)
    {
        (_open, _offset, _length) = (open, offset, length);
        Headers.ContentType = new MediaTypeHeaderValue("application/octet-stream");
        Headers.ContentLength = length;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        if (_length == 0) return;
        await using var source = await _open(_offset, cancellationToken);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            for (var left = _length; left > 0;)
            {
                var read = await source.ReadAsync(buffer.AsMemory(0, (int)Math.Min(BufferSize, left)), cancellationToken);
                if (read == 0) throw new CorruptContentException(string.Create(CultureInfo.InvariantCulture, $"The content ended {left} bytes before the size that was said of it."));
                await stream.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                left -= read;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    protected override bool TryComputeLength(out long length)
    {
        length = _length;
        return true;
    }
}
