using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Gateway.Tests;

/// <summary>An upstream that is no proper server: each connection is given to a script of bytes.</summary>
sealed class RawUpstream : RunningBackend
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    public RawUpstream(Func<Socket, Task> script, string name = "raw") : base(name)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = Accept(script);
    }

    /// <summary>Reads the request's head, then sends the given bytes and closes.</summary>
    public static RawUpstream Answering(string answer) => new(async socket =>
    {
        await ReadHead(socket);
        await socket.SendAsync(Encoding.Latin1.GetBytes(answer));
        socket.Shutdown(SocketShutdown.Send);
    });

    public static async Task<string> ReadHead(Socket socket)
    {
        var text = new StringBuilder();
        var buffer = new byte[4096];
        while (!text.ToString().Contains("\r\n\r\n", StringComparison.Ordinal))
        {
            var read = await socket.ReceiveAsync(buffer);
            if (read == 0) break;
            text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        return text.ToString();
    }

    public static async Task<string> ReadToEnd(Socket socket, CancellationToken cancel)
    {
        var text = new StringBuilder();
        var buffer = new byte[16384];
        try
        {
            while (await socket.ReceiveAsync(buffer, cancel) is var read and > 0) text.Append(Encoding.Latin1.GetString(buffer, 0, read));
        }
        catch (Exception ended) when (ended is SocketException or OperationCanceledException)
        {
            // A reset is an end too; and a connection that stays open shows in what was read.
        }
        return text.ToString();
    }

    public override ValueTask DisposeAsync()
    {
        _listener.Dispose();
        return ValueTask.CompletedTask;
    }

    async Task Accept(Func<Socket, Task> script)
    {
        try
        {
            while (true) _ = Serve(await _listener.AcceptSocketAsync(), script);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Disposed of.
        }
    }

    static async Task Serve(Socket socket, Func<Socket, Task> script)
    {
        using (socket) await script(socket);
    }
}
