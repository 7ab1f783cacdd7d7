using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Gateway.Transport;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Transport;

/// <summary>The transport alone, without Kestrel: whoever accepts has its connections.</summary>
sealed class EpollServer : IAsyncDisposable
{
    readonly EpollTransportFactory _factory = new(NullLoggerFactory.Instance);
    IConnectionListener _listener = null!;

    public static async Task<EpollServer> Start()
    {
        var server = new EpollServer();
        server._listener = await server._factory.BindAsync(new IPEndPoint(IPAddress.Loopback, 0), Cancel);
        return server;
    }

    /// <summary>A client, and its connection on the server's side.</summary>
    public async Task<(Socket Client, ConnectionContext Connection)> Connect()
    {
        var client = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await client.ConnectAsync(_listener.EndPoint, Cancel);
        return (client, (await _listener.AcceptAsync(Cancel))!);
    }

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        _factory.Dispose();
    }
}
