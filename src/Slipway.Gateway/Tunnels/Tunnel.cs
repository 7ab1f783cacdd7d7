using System.Buffers;
using System.Net.Sockets;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Tunnels;

/// <summary>An upgraded connection: bytes both ways until both sides have ended. WebSockets are looked at a little closer (<see cref="WebSocketTunnel"/>).</summary>
static class Tunnel
{
    public const int BufferSize = 16 * 1024;

    /// <param name="early">What the instance said behind its 101.</param>
    public static async Task<Outcome> Run(Exchange exchange, InstanceEnd instance, ReadOnlyMemory<byte> early, InstanceState state)
    {
        exchange.Response.Headers.Upgrade = exchange.IsStreamedWebSocket ? default : exchange.Answer.Upgrade;
        await using var client = await exchange.AcceptUpgrade();
        state.BecomeUpgraded();
        exchange.IsTunnel = true;
        try
        {
            if (WebSocketHandshake.IsWebSocket(exchange.Answer.Upgrade)) await new WebSocketTunnel(client, instance, exchange.Lifetime.Abort).Run(early, state.WebSockets);
            else await Pass(client, instance, early);
        }
        finally
        {
            state.LeaveUpgraded();
        }
        return Outcome.Done;
    }

    static async Task Pass(Stream client, InstanceEnd instance, ReadOnlyMemory<byte> early)
    {
        using var over = new CancellationTokenSource();
        var up = Up(client, instance, instance.Write, over.Token);
        await Down(instance, early, data => client.WriteAsync(data));
        // The instance has ended: there is nobody left to send to. What it said last still goes out, so nothing is aborted.
        await over.CancelAsync();
        await up;
    }

    /// <summary>The client's end is passed on as a half-close: the instance may still have something to say.</summary>
    public static async Task Up(Stream client, InstanceEnd instance, Func<ReadOnlyMemory<byte>, CancellationToken, ValueTask> send, CancellationToken over)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await client.ReadAsync(buffer, over) is var read and > 0) await send(buffer.AsMemory(0, read), over);
            instance.EndWrites();
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            instance.Close();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public static async Task Down(InstanceEnd instance, ReadOnlyMemory<byte> early, Func<ReadOnlyMemory<byte>, ValueTask> send)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            if (early.Length > 0) await send(early);
            while (await instance.Stream.ReadAsync(buffer.AsMemory()) is var read and > 0) await send(buffer.AsMemory(0, read));
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            instance.Close();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    public static bool IsEnd(Exception ended) => ended is SocketException or ObjectDisposedException or IOException or OperationCanceledException or InvalidOperationException;
}
