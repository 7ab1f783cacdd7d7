using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Model;
using static Slipway.Gateway.Tests.Streams.Backends;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Streams;

public sealed class UdpTests
{
    static Route Udp(int port, params Destination[] destinations) => To(port, destinations).With(s => s with { Protocol = StreamProtocol.Udp });

    [Fact]
    public async Task Flow_StaysWithItsInstanceOverASwitchAndMovesWhenItWasIdle()
    {
        await using var blue = new UdpEcho("blue");
        await using var green = new UdpEcho("green");
        await using var gateway = await Start();
        var port = FreePort();
        Route Side(int release, UdpEcho side) => Udp(port, Routes.To(release, 1, side)).With(s => s with { Idle = TimeSpan.FromSeconds(2) });
        await gateway.Publish(Side(1, blue));
        using var client = new UdpClient(Loopback, port);
        (await Ask(client, "1")).ShouldBe("blue:1");
        (await gateway.Open("blue")).ShouldBe(1);

        await gateway.Publish(Side(2, green));

        (await Ask(client, "2")).ShouldBe("blue:2");
        using var other = new UdpClient(Loopback, port);
        (await Ask(other, "3")).ShouldBe("green:3");
        await Eventually.Holds(async () => await gateway.Instance("blue") is null);
        (await Ask(client, "4")).ShouldBe("green:4");
        var counted = await gateway.Counted(1);
        (counted.Requests, counted.Failed, counted.Received, counted.Sent).ShouldBe((1, 0, 2, 12));
    }

    [Fact]
    public async Task Flow_WhoseDrainIsOver_MovesThoughItIsBusy()
    {
        await using var blue = new UdpEcho("blue");
        await using var green = new UdpEcho("green");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(Udp(port, Routes.To(1, 1, blue)));
        using var client = new UdpClient(Loopback, port);
        (await Ask(client, "1")).ShouldBe("blue:1");

        await gateway.Publish(Udp(port, Routes.To(2, 1, green)).With(s => s with { Drain = TimeSpan.Zero }));

        await Eventually.Holds(async () => (await Ask(client, "2")) == "green:2");
        (await gateway.Open("blue")).ShouldBe(0);
    }

    [Fact]
    public async Task Answers_ComeFromTheAddressThatWasAsked()
    {
        await using var echo = new UdpEcho("echo");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(Udp(port, Routes.To(1, 1, echo)).With(s => s with { Address = null }));

        // A connected socket takes nothing from any other address.
        foreach (var address in (string[])["127.0.0.1", "127.0.0.33", "127.0.0.44", "::1"])
        {
            using var client = new UdpClient(IPAddress.Parse(address).AddressFamily);
            client.Connect(address, port);
            for (var i = 0; i < 3; i++) (await Ask(client, $"{i}")).ShouldBe($"echo:{i}");
        }

        (await gateway.Open("echo")).ShouldBe(4);
        (await gateway.Control.Report(Cancel)).Listening.ShouldContain($"[::]:{port}/udp");
    }

    [Fact]
    public async Task Port_ThatAnotherProgramHas_IsReported()
    {
        await using var echo = new UdpEcho("echo");
        await using var gateway = await Start();
        using var taken = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.SetRawSocketOption(1, 2, BitConverter.GetBytes(1));
        taken.Bind(new IPEndPoint(IPAddress.Any, 0));
        var port = ((IPEndPoint)taken.LocalEndPoint!).Port;

        await gateway.Publish(Udp(port, Routes.To(1, 1, echo)).With(s => s with { Address = null }));

        (await gateway.Control.Report(Cancel)).NotListening[$"[::]:{port}/udp"].ShouldContain($"Port {port} is in use by");
    }

    [Fact]
    public async Task Instance_ThatRefuses_LosesTheFlowToAnotherOne()
    {
        await using var good = new UdpEcho("good");
        await using var gateway = await Start();
        var port = FreePort();
        var both = Routes.To(1, 1, good);
        await gateway.Publish(Udp(port, both with { Upstreams = [new Upstream("dead", Loopback, FreePort()), .. both.Upstreams] }));

        for (var i = 0; i < 4; i++)
        {
            using var client = new UdpClient(Loopback, port);
            // The first datagram may be lost on the one that is dead; who asks again is answered.
            await Eventually.Holds(async () => await Ask(client, "?") == "good:?");
        }

        (await gateway.Open("dead")).ShouldBe(0);
        (await gateway.Counted(1)).Failed.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task MaxConnections_OfFlows_DropsWhatIsMore()
    {
        await using var echo = new UdpEcho("echo");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(Udp(port, Routes.To(1, 1, echo)).With(s => s with { MaxConnections = 2, Idle = TimeSpan.FromSeconds(2) }));
        using var one = new UdpClient(Loopback, port);
        using var two = new UdpClient(Loopback, port);
        using var three = new UdpClient(Loopback, port);
        (await Ask(one, "1")).ShouldBe("echo:1");
        (await Ask(two, "2")).ShouldBe("echo:2");

        (await Ask(three, "3")).ShouldBeNull();

        (await gateway.Open("echo")).ShouldBe(2);
        await Eventually.Holds(async () => await Ask(three, "4") == "echo:4");
    }

    [Fact]
    public async Task Addresses_ThatAreNotAllowed_GetNothing()
    {
        await using var echo = new UdpEcho("echo");
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(Udp(port, Routes.To(1, 1, echo)).With(s => s with { Addresses = new AddressRules { Allow = ["127.0.0.9/32"] } }));
        using var stranger = new UdpClient(Loopback, port);
        using var friend = new UdpClient(new IPEndPoint(IPAddress.Parse("127.0.0.9"), 0));
        friend.Connect(Loopback, port);

        (await Ask(friend, "1")).ShouldBe("echo:1");
        (await Ask(stranger, "1")).ShouldBeNull();
    }

    /// <summary>Null: no answer for a while.</summary>
    static async Task<string?> Ask(UdpClient client, string text)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromMilliseconds(500));
        try
        {
            await client.SendAsync(Encoding.ASCII.GetBytes(text), limit.Token);
            return Encoding.ASCII.GetString((await client.ReceiveAsync(limit.Token)).Buffer);
        }
        catch (OperationCanceledException) when (!Cancel.IsCancellationRequested)
        {
            return null;
        }
    }

    /// <summary>Answers each datagram with its name before it.</summary>
    sealed class UdpEcho : RunningBackend
    {
        readonly UdpClient _socket = new(new IPEndPoint(IPAddress.Loopback, 0));

        public UdpEcho(string name) : base(name)
        {
            Port = ((IPEndPoint)_socket.Client.LocalEndPoint!).Port;
            _ = Serve();
        }

        public override ValueTask DisposeAsync()
        {
            _socket.Dispose();
            return ValueTask.CompletedTask;
        }

        async Task Serve()
        {
            try
            {
                while (true)
                {
                    var asked = await _socket.ReceiveAsync();
                    await _socket.SendAsync(Encoding.ASCII.GetBytes($"{Name}:{Encoding.ASCII.GetString(asked.Buffer)}"), asked.RemoteEndPoint);
                }
            }
            catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
            {
                // Disposed of.
            }
        }
    }
}
