using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Tunnels;
using Slipway.Gateway.Upstreams;

namespace Slipway.Gateway.Forwarding;

/// <summary>One attempt to have a request answered by one instance over one connection.</summary>
sealed class Attempt(GatewayOptions options, ClientAttempt client)
{
    /// <param name="fresh">No kept connection: the last one of this instance turned out dead.</param>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<(Outcome Outcome, bool Reused)> Run(Exchange exchange, InstanceState instance, bool fresh)
    {
        var timeouts = exchange.Policy?.Timeouts;
        if (exchange.IsTimed) exchange.Asked = Stopwatch.GetTimestamp();
        if (instance.Protocol is not null) return (await client.Run(exchange, instance), false);
        var connection = fresh ? null : instance.Connections.Rent(exchange.Loop);
        if (connection is null)
        {
            (connection, var refused) = await Connector.Connect(exchange, instance, timeouts?.Connect ?? options.ConnectTimeout);
            if (connection is null) return (refused, false);
        }
        var reused = connection.Reused;
        var (kept, isWhole) = (false, true);
        var sending = default(Task<Outcome>);
        try
        {
            exchange.Answer.Reset();
            var outcome = Outcome.ClientGone;
            if (exchange.Attach(connection))
            {
                // What a broken connection means at each point.
                outcome = Outcome.Unsent;
                try
                {
                    var length = RequestHead.Write(exchange, connection);
                    for (var sent = 0; sent < length;) sent += await connection.Socket.SendAsync(connection.Out.AsMemory(sent, length - sent));
                    outcome = Outcome.Unanswered;
                    if (exchange.HasBody) sending = RequestBody.Send(exchange, connection, BodySent);
                    else connection.Arm(AnswerLimit(exchange));

                    var head = exchange.Answer.Read(exchange, connection);
                    while (head == HeadState.Incomplete && connection.MakeRoom())
                    {
                        var received = await connection.Receive();
                        if (received == 0) break;
                        outcome = Outcome.Broken;
                        connection.End += received;
                        head = exchange.Answer.Read(exchange, connection);
                    }
                    if (head == HeadState.Invalid) outcome = Outcome.Broken;
                    connection.HeadArrived();
                    if (head == HeadState.Complete && connection.Disarm())
                    {
                        outcome = Outcome.BrokenOff;
                        if (exchange.IsTimed) exchange.Answered = Stopwatch.GetTimestamp();
                        if (exchange.Answer.Status == 101)
                            outcome = exchange is { WantsUpgrade: true, Answer.Upgrade: not null } ? await Tunnel.Run(exchange, InstanceEnd.Of(connection), connection.In.AsMemory(connection.Start, connection.End - connection.Start), instance) : Outcome.Broken;
                        else if (exchange.Retry is { } retry && retry.GivesUp(exchange, exchange.Answer.Status)) (outcome, isWhole) = (Outcome.GivenUp, TryDrop(exchange, connection));
                        else outcome = await ResponseBody.Relay(exchange, connection);
                    }
                }
                catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
                {
                    // The outcome stands as it was.
                }
            }
            if (sending is not null) outcome = await Stop(sending, exchange, connection, outcome);
            if (connection.TimedOut) outcome = Outcome.AnswerTimedOut;
            if (!exchange.Detach() && outcome != Outcome.Done) outcome = Outcome.ClientGone;
            else if (outcome is Outcome.Done or Outcome.GivenUp && isWhole && !exchange.ClientIsGone && (sending is null || sending.Result == Outcome.Done))
                kept = exchange.Answer.KeepAlive && !connection.IsAborted && exchange.Answer.Status != 101 && connection.Received.IsEmpty;
            return (outcome, reused);
        }
        finally
        {
            if (kept) instance.Connections.Return(connection);
            else connection.Dispose();
        }
    }

    void BodySent(Exchange exchange, UpstreamConnection connection) => connection.ArmForHead(AnswerLimit(exchange));

    TimeSpan AnswerLimit(Exchange exchange)
    {
        var limit = exchange.Policy?.Timeouts?.Answer ?? options.AnswerTimeout;
        return exchange.Retry?.Limit(limit) ?? limit;
    }

    /// <summary>The body of an answer that nobody gets. Only what came with its head: reading on, an instance that fails could keep us busy. False: there is more.</summary>
    static bool TryDrop(Exchange exchange, UpstreamConnection connection)
    {
        if (exchange.Answer.Framing == Framing.None) return true;
        if (exchange.Answer.Framing != Framing.Length || connection.Received.Length < exchange.Answer.Length) return false;
        connection.Start += (int)exchange.Answer.Length;
        return true;
    }

    /// <summary>The answer is over, or never comes: the body's sending must end before the connection is let go.</summary>
    static async ValueTask<Outcome> Stop(Task<Outcome> sending, Exchange exchange, UpstreamConnection connection, Outcome outcome)
    {
        exchange.Continue?.TrySetResult(false);
        if (!sending.IsCompleted)
        {
            connection.Abort();
            exchange.BodyReader.CancelPendingRead();
        }
        var sent = await sending;
        return sent is Outcome.ClientGone or Outcome.ClientFault && outcome != Outcome.Done ? sent : outcome;
    }
}
