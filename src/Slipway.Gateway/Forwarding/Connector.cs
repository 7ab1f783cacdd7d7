using System.Net.Sockets;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Forwarding;

/// <summary>Opens connections to instances.</summary>
static class Connector
{
    /// <summary>A connection, or null with why: Refused, ConnectTimedOut or ClientGone.</summary>
    public static async ValueTask<(UpstreamConnection? Connection, Outcome Outcome)> Connect(Exchange exchange, InstanceState instance, TimeSpan limit)
    {
        var socket = new Socket(instance.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        var connection = new UpstreamConnection(socket, instance.Connections);
        instance.Connections.Add(connection);
        if (!exchange.Attach(connection)) return Fail(connection, Outcome.ClientGone);
        connection.Arm(limit);
        try
        {
            await socket.ConnectAsync(instance.Address);
        }
        catch (Exception failed) when (failed is SocketException or ObjectDisposedException)
        {
            var outcome = connection.TimedOut ? Outcome.ConnectTimedOut : exchange.Detach() ? Outcome.Refused : Outcome.ClientGone;
            return Fail(connection, outcome);
        }
        if (!connection.Disarm()) return Fail(connection, Outcome.ConnectTimedOut);
        return exchange.Detach() ? (connection, Outcome.Done) : Fail(connection, Outcome.ClientGone);
    }

    static (UpstreamConnection?, Outcome) Fail(UpstreamConnection connection, Outcome outcome)
    {
        connection.Dispose();
        return (null, outcome);
    }
}
