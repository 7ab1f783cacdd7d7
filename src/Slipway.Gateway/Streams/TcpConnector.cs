using System.Net;
using System.Net.Sockets;
using Slipway.Gateway.Routing;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Streams;

/// <summary>Opens an instance's end of a connection.</summary>
static class TcpConnector
{
    /// <param name="proxy">What the instance is told of its client first; null: nothing.</param>
    /// <returns>Done, and the relay has the socket; or Refused, TimedOut.</returns>
    public static async ValueTask<StreamStatus> Connect(InstanceState instance, TcpRelay relay, TimeSpan limit, ProxyProtocol? proxy, IPEndPoint client, IPEndPoint local)
    {
        var socket = new Socket(instance.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        if (!relay.Attach(socket))
        {
            socket.Dispose();
            return StreamStatus.Stopped;
        }
        using var time = new CancellationTokenSource(limit);
        try
        {
            await socket.ConnectAsync(instance.Address, time.Token);
            TcpConnection.Prepare(socket);
            if (proxy is { } version)
                for (var header = ProxyHeader.Of(version, client, local).AsMemory(); header.Length > 0;) header = header[await socket.SendAsync(header, SocketFlags.None)..];
            return StreamStatus.Done;
        }
        catch (Exception failed) when (failed is SocketException or ObjectDisposedException or OperationCanceledException)
        {
            socket.Dispose();
            return time.IsCancellationRequested ? StreamStatus.TimedOut : StreamStatus.Refused;
        }
    }
}
