using Slipway.Registry.Storage;

namespace Slipway.Registry.Rules;

/// <summary>A body that may have so many bytes and no more; with one more, reading throws what <paramref name="beyond"/> makes of the bytes so far.</summary>
sealed class BoundedBody(Stream body, long most, Func<long, Exception> beyond) : ReadStream
{
    long _read;

    public override long Position { get => _read; set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await body.ReadAsync(buffer, cancellationToken);
        if ((_read += read) > most) throw beyond(_read);
        return read;
    }
}
