using System.Net;
using System.Net.Sockets;

namespace Slipway.Gateway.Transport;

/// <summary>By .NET's sockets.</summary>
sealed class PlainUpstreamSocket(Socket socket) : IUpstreamSocket
{
    public static PlainUpstreamSocket Open(IPEndPoint address) => new(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true });

    /// <summary>Asked of the system each time: nobody else tells of an end.</summary>
    public bool IsDead(TimeSpan idle) => socket.Poll(0, SelectMode.SelectRead);

    public ValueTask ConnectAsync(IPEndPoint address) => new(socket.ConnectAsync(address));

    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancel) => socket.SendAsync(data, SocketFlags.None, cancel);

    public ValueTask<int> ReceiveAsync(Memory<byte> into, CancellationToken cancel) => socket.ReceiveAsync(into, SocketFlags.None, cancel);

    public void ShutdownSend() => socket.Shutdown(SocketShutdown.Send);

    public Stream AsStream() => new NetworkStream(socket, ownsSocket: false);

    public void Dispose() => socket.Dispose();
}
