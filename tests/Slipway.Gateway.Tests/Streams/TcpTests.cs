using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Slipway.Model;
using static Slipway.Gateway.Tests.Streams.Backends;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Streams;

public sealed class TcpTests
{
    const int Megabyte = 1 << 20;

    [Fact]
    public async Task HalfClose_OfTheClient_ReachesTheInstanceWhichStillAnswers()
    {
        await using var upstream = new RawUpstream(async socket =>
        {
            var all = await RawUpstream.ReadToEnd(socket, Cancel);
            await socket.SendAsync(System.Text.Encoding.ASCII.GetBytes($"{all.Length} bytes"));
        });
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, upstream)));
        using var client = await Connect(port);

        await client.SendAsync(new byte[1000], Cancel);
        client.Shutdown(SocketShutdown.Send);

        (await RawUpstream.ReadToEnd(client, Cancel)).ShouldBe("1000 bytes");
        await Eventually.Holds(async () => await gateway.Open("raw") == 0);
        var counted = await gateway.Counted(1);
        (counted.Requests, counted.Failed, counted.Received, counted.Sent).ShouldBe((1, 0, 1000, 10));
    }

    [Fact]
    public async Task HalfClose_OfTheInstance_ReachesTheClientWhichStillSends()
    {
        var got = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async socket =>
        {
            socket.Shutdown(SocketShutdown.Send);
            got.TrySetResult(await RawUpstream.ReadToEnd(socket, Cancel));
        });
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, upstream)));
        using var client = await Connect(port);

        (await client.Next()).ShouldBe("");
        await client.SendAsync("still here"u8.ToArray(), Cancel);
        client.Shutdown(SocketShutdown.Send);

        (await got.Task).ShouldBe("still here");
        await Eventually.Holds(async () => await gateway.Open("raw") == 0);
        (await gateway.Counted(1)).Failed.ShouldBe(0);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Reader_WhoDoesNotRead_StopsTheSender(bool up)
    {
        const int Total = 64 * Megabyte;
        var data = RandomNumberGenerator.GetBytes(Total);
        var sent = 0;
        var (mayRead, hash) = (new TaskCompletionSource(), new TaskCompletionSource<byte[]>());
        async Task Send(Socket socket)
        {
            for (var at = 0; at < Total; Volatile.Write(ref sent, at)) at += await socket.SendAsync(data.AsMemory(at, Math.Min(Megabyte, Total - at)), Cancel);
            socket.Shutdown(SocketShutdown.Send);
        }
        async Task Read(Socket socket)
        {
            await mayRead.Task;
            using var all = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            var buffer = new byte[Megabyte];
            while (await socket.ReceiveAsync(buffer, Cancel) is var read and > 0) all.AppendData(buffer, 0, read);
            hash.SetResult(all.GetHashAndReset());
        }
        await using var upstream = new RawUpstream(up ? Read : Send);
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, upstream)));
        using var client = await Connect(port);

        var moving = up ? Send(client) : Read(client);
        // It stands still: for a while nothing more is taken.
        var before = -1;
        await Eventually.Holds(async () =>
        {
            var now = Volatile.Read(ref sent);
            if (now > 0 && now == before) return true;
            before = now;
            await Task.Delay(300, Cancel);
            return false;
        });
        Volatile.Read(ref sent).ShouldBeLessThan(Total - (8 * Megabyte), "what nobody reads is held in no memory of the gateway");
        mayRead.SetResult();

        (await hash.Task).ShouldBe(SHA256.HashData(data));
        await moving;
        var counted = await gateway.Counted(1);
        (up ? counted.Received : counted.Sent).ShouldBe(Total);
    }

    [Fact]
    public async Task Instance_ThatRefuses_IsPassedOverBeforeAByteIsSent()
    {
        await using var good = Echo("good");
        var dead = new Upstream("dead", Loopback, FreePort());
        await using var gateway = await Start();
        var port = FreePort();
        var both = Routes.To(1, 2, good);
        await gateway.Publish(To(port, both with { Upstreams = [dead, .. both.Upstreams] }));

        for (var i = 0; i < 10; i++) (await Who(port)).ShouldBe("good");

        var counted = await gateway.Counted(1);
        (counted.Requests, counted.Failed).ShouldBe((10, 0));
        (await gateway.Open("dead")).ShouldBe(0);
    }

    [Fact]
    public async Task Release_WhoseInstancesRefuse_HasFailedThoughTheOtherTakesTheConnection()
    {
        await using var old = Echo("old");
        await using var gateway = await Start();
        var port = FreePort();
        var next = new Destination { Release = 2, Weight = 9999, Upstreams = [new Upstream("dead", Loopback, FreePort())] };
        await gateway.Publish(To(port, Routes.To(1, 1, old), next) with { Split = Splits.On(2) });

        for (var i = 0; i < 20; i++) (await Who(port, $"127.0.0.{i + 2}")).ShouldBe("old");

        var counted = await gateway.Counted(2);
        counted.Failed.ShouldBe(counted.Requests);
        counted.Failed.ShouldBeGreaterThan(15);
        (await gateway.Counted(1)).Failed.ShouldBe(0);
    }

    [Fact]
    public async Task Instances_ThatAllRefuse_FailTheConnectionWhenItsPatienceIsOver()
    {
        await using var gateway = await Start(change: options => options with { WaitForInstance = TimeSpan.FromMilliseconds(300) });
        var port = FreePort();
        await gateway.Publish(To(port, new Destination { Release = 1, Weight = 1, Upstreams = [new Upstream("dead", Loopback, FreePort())] }));
        using var client = await Connect(port);

        (await client.Next()).ShouldBe("");

        await Eventually.Holds(async () => (await gateway.Counted(1)).Failed == 1);
    }

    [Fact]
    public async Task Instance_ThatResets_ResetsTheClientAndHasFailed()
    {
        await using var upstream = new RawUpstream(async socket =>
        {
            await socket.ReceiveAsync(new byte[10]);
            socket.LingerState = new LingerOption(true, 0);
        });
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, upstream)));
        using var client = await Connect(port);

        (await client.Ask("?")).ShouldBe("reset");

        await Eventually.Holds(async () => (await gateway.Counted(1)).Failed == 1);
    }

    [Fact]
    public async Task Client_ThatResets_ResetsTheInstanceAndIsNoFailure()
    {
        var end = new TaskCompletionSource<string>();
        await using var upstream = new RawUpstream(async socket =>
        {
            await socket.SendAsync("hello"u8.ToArray());
            end.SetResult(await socket.Next());
        });
        await using var gateway = await Start();
        var port = FreePort();
        await gateway.Publish(To(port, Routes.To(1, 1, upstream)));
        using (var client = await Connect(port))
        {
            (await client.Next()).ShouldBe("hello");
            client.LingerState = new LingerOption(true, 0);
        }

        (await end.Task).ShouldBe("reset");
        await Eventually.Holds(async () => await gateway.Open("raw") == 0);
        (await gateway.Counted(1)).Failed.ShouldBe(0);
    }

    [Theory]
    [InlineData(ProxyProtocol.V1)]
    [InlineData(ProxyProtocol.V2)]
    public async Task Proxy_TellsTheInstanceWhoItsClientIs(ProxyProtocol version)
    {
        var got = new TaskCompletionSource<byte[]>();
        await using var upstream = new RawUpstream(async socket =>
        {
            var all = await RawUpstream.ReadToEnd(socket, Cancel);
            got.SetResult(System.Text.Encoding.Latin1.GetBytes(all));
        });
        await using var gateway = await Start();
        var port = FreePort();
        // For all addresses: an IPv4 client comes mapped into IPv6, and is told of as what it is.
        await gateway.Publish(To(port, Routes.To(1, 1, upstream)).With(s => s with { Proxy = version, Address = null }));
        using var client = await Connect(port, "127.0.0.7");
        await client.SendAsync("x"u8.ToArray(), Cancel);
        client.Shutdown(SocketShutdown.Send);

        var from = ((IPEndPoint)client.LocalEndPoint!).Port;
        var expected = version == ProxyProtocol.V1
            ? System.Text.Encoding.ASCII.GetBytes($"PROXY TCP4 127.0.0.7 127.0.0.1 {from} {port}\r\nx")
            : [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 12, 127, 0, 0, 7, 127, 0, 0, 1, (byte)(from >> 8), (byte)from, (byte)(port >> 8), (byte)port, (byte)'x'];
        (await got.Task).ShouldBe(expected);
    }
}
