using System.Net.Sockets;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Tunnels;

/// <summary>The instance's side of a tunnel.</summary>
/// <param name="endWrites">Says that nothing more will be written: where that can't be said on one side alone it ends both.</param>
sealed class InstanceEnd(Stream stream, Action endWrites)
{
    public static InstanceEnd Of(UpstreamConnection connection) => new(new NetworkStream(connection.Socket, ownsSocket: false), () => connection.Socket.Shutdown(SocketShutdown.Send)) { _close = connection.Socket.Dispose };

    Action _close = stream.Dispose;

    public Stream Stream { get; } = stream;

    public void EndWrites() => endWrites();

    /// <summary>From any thread: what is pending fails.</summary>
    public void Close() => _close();
}
