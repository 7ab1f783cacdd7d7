using System.Net.Sockets;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Transport;

namespace Slipway.Gateway.Forwarding;

/// <summary>Opens connections to instances.</summary>
static class Connector
{
    /// <summary>A connection, or null with why: Refused, ConnectTimedOut or ClientGone.</summary>
    public static async ValueTask<(UpstreamConnection? Connection, Outcome Outcome)> Connect(Exchange exchange, InstanceState instance, TimeSpan limit)
    {
        var connection = Open(exchange, instance);
        // The process may open no more: another instance would not help, but the client must be told something.
        if (connection is null) return (null, Outcome.Refused);
        instance.Connections.Add(connection);
        if (!exchange.Attach(connection)) return Fail(connection, Outcome.ClientGone);
        connection.Arm(limit);
        try
        {
            await connection.Socket.ConnectAsync(instance.Address);
        }
        catch (Exception failed) when (failed is SocketException or ObjectDisposedException)
        {
            var outcome = connection.TimedOut ? Outcome.ConnectTimedOut : exchange.Detach() ? Outcome.Refused : Outcome.ClientGone;
            return Fail(connection, outcome);
        }
        if (!connection.Disarm()) return Fail(connection, Outcome.ConnectTimedOut);
        return exchange.Detach() ? (connection, Outcome.Done) : Fail(connection, Outcome.ClientGone);
    }

    static UpstreamConnection? Open(Exchange exchange, InstanceState instance)
    {
        try
        {
            return exchange.Loop is { } loop
                ? new UpstreamConnection(EpollUpstreamSocket.Open(loop, instance.Address), instance.Connections, loop.Index)
                : new UpstreamConnection(PlainUpstreamSocket.Open(instance.Address), instance.Connections);
        }
        catch (SocketException)
        {
            return null;
        }
    }

    static (UpstreamConnection?, Outcome) Fail(UpstreamConnection connection, Outcome outcome)
    {
        connection.Dispose();
        return (null, outcome);
    }
}
