using System.Buffers;
using System.Net.Sockets;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Transport;

namespace Slipway.Gateway.Forwarding;

/// <summary>An upgraded connection (WebSocket and whatever else): bytes both ways until both sides have ended.</summary>
static class Tunnel
{
    const int BufferSize = 16 * 1024;

    public static async Task<Outcome> Run(Exchange exchange, UpstreamConnection connection, InstanceState instance)
    {
        exchange.Response.Headers.Upgrade = exchange.Answer.Upgrade;
        await using var client = await exchange.Upgrade!.UpgradeAsync();
        instance.BecomeUpgraded();
        try
        {
            using var over = new CancellationTokenSource();
            var up = Up(client, connection.Socket, over.Token);
            await Down(connection, client);
            // The instance has ended: there is nobody left to send to. What it said last still goes out, so nothing is aborted.
            await over.CancelAsync();
            await up;
        }
        finally
        {
            instance.LeaveUpgraded();
        }
        return Outcome.Done;
    }

    /// <summary>The client's end is passed on as a half-close: the instance may still have something to say.</summary>
    static async Task Up(Stream client, IUpstreamSocket instance, CancellationToken over)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            while (await client.ReadAsync(buffer, over) is var read and > 0)
                for (var sent = 0; sent < read;) sent += await instance.SendAsync(buffer.AsMemory(sent, read - sent), over);
            instance.ShutdownSend();
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            instance.Dispose();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static async Task Down(UpstreamConnection connection, Stream client)
    {
        var instance = connection.Socket;
        var buffer = ArrayPool<byte>.Shared.Rent(BufferSize);
        try
        {
            // The first bytes may have come with the 101.
            if (connection.Received.Length > 0) await client.WriteAsync(connection.In.AsMemory(connection.Start, connection.End - connection.Start));
            while (await instance.ReceiveAsync(buffer.AsMemory()) is var read and > 0) await client.WriteAsync(buffer.AsMemory(0, read));
        }
        catch (Exception ended) when (IsEnd(ended))
        {
            instance.Dispose();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    static bool IsEnd(Exception ended) => ended is SocketException or ObjectDisposedException or IOException or OperationCanceledException or InvalidOperationException;
}
