using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Tunnels;

/// <summary>The instance's side of a tunnel.</summary>
/// <param name="endWrites">Says that nothing more will be written: where that can't be said on one side alone it ends both.</param>
sealed class InstanceEnd(Stream stream, Action endWrites)
{
    public static InstanceEnd Of(UpstreamConnection connection) => new(connection.Socket.AsStream(), connection.Socket.ShutdownSend) { _close = connection.Socket.Dispose };

    Action _close = stream.Dispose;

    public Stream Stream { get; } = stream;

    public void EndWrites() => endWrites();

    /// <summary>Flushed: a stream of HTTP/2 would keep the bytes until there are more.</summary>
    public async ValueTask Write(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        await Stream.WriteAsync(data, cancel);
        await Stream.FlushAsync(cancel);
    }

    /// <summary>From any thread: what is pending fails.</summary>
    public void Close() => _close();
}
