using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Contracts;
using Slipway.Model;

namespace Slipway.Gateway.Tests.Streams;

/// <summary>Routes of connections, and what they lead to.</summary>
static class Backends
{
    public const string Loopback = "127.0.0.1";

    /// <summary>Answers each line with its own name before it.</summary>
    public static RawUpstream Echo(string name) => new(async socket =>
    {
        var buffer = new byte[16384];
        try
        {
            while (await socket.ReceiveAsync(buffer) is var read and > 0)
                await socket.SendAsync(Encoding.ASCII.GetBytes($"{name}:{Encoding.ASCII.GetString(buffer, 0, read)}"));
        }
        catch (SocketException)
        {
            // The gateway has cut it.
        }
    }, name);

    public static Route To(int port, params Destination[] destinations) => new()
    {
        App = AppName.Parse("shop"),
        Service = "db",
        Hosts = [],
        Stream = new StreamRoute { Protocol = StreamProtocol.Tcp, Address = Loopback, Port = port },
        Destinations = destinations,
    };

    public static Route With(this Route route, Func<StreamRoute, StreamRoute> change) => route with { Stream = change(route.Stream!) };

    /// <summary>A port that nothing listens on, by TCP or UDP.</summary>
    public static int FreePort()
    {
        while (true)
        {
            var port = FreePorts.Take();
            try
            {
                using var probe = new UdpClient(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException)
            {
                // Somebody has it.
            }
        }
    }

    public static async Task<Socket> Connect(int port, string? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (from is not null) socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(IPAddress.Loopback, port, TestGateway.Cancel);
        return socket;
    }

    /// <summary>Sends a text and returns what comes next.</summary>
    public static async Task<string> Ask(this Socket socket, string text)
    {
        await socket.SendAsync(Encoding.ASCII.GetBytes(text), TestGateway.Cancel);
        return await socket.Next();
    }

    /// <summary>What comes next; empty: the other side ended it, "reset": it broke off.</summary>
    public static async Task<string> Next(this Socket socket)
    {
        var buffer = new byte[16384];
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestGateway.Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(20));
        try
        {
            return Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, limit.Token));
        }
        catch (SocketException)
        {
            return "reset";
        }
    }

    /// <summary>The name of the upstream that a new connection comes to.</summary>
    public static async Task<string> Who(int port, string? from = null)
    {
        using var socket = await Connect(port, from);
        return (await socket.Ask("?")).Split(':')[0];
    }

    public static async Task<ReleaseTraffic> Counted(this TestGateway gateway, int release, bool isMatched = false) =>
        (await gateway.Control.Report(TestGateway.Cancel)).Releases.Single(r => r.Stream is not null && r.Release == release && r.IsMatched == isMatched);

    public static async Task<int> Open(this TestGateway gateway, string instance) => (await gateway.Instance(instance))?.Connections ?? 0;
}
