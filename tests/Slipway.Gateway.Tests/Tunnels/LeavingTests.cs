using System.Net;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Tunnels;

public sealed class LeavingTests
{
    const int GoingAway = 1001;

    [Fact]
    public async Task IdleWebSocket_InstanceReplaced_BothAreToldAndTheNextGoesToTheNewOne()
    {
        var heard = new TaskCompletionSource<WebSocketCloseStatus?>();
        await using var old = await Backend.Start("old", Echo(status => heard.TrySetResult(status)));
        await using var young = await Backend.Start("young", Echo());
        await using var gateway = await Start();
        await gateway.Publish(Leaving(TimeSpan.FromSeconds(4), old));
        using var socket = await Open(gateway);
        await Say(socket, "one");
        (await Hear(socket)).ShouldBe("one");

        await gateway.Publish(Leaving(TimeSpan.FromSeconds(4), young));

        (await Hear(socket)).ShouldBeNull();
        ((int?)socket.CloseStatus).ShouldBe(GoingAway);
        // Still open on this side: what is said before the goodbye is answered, arrives.
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);
        socket.State.ShouldBe(WebSocketState.Closed);
        (await heard.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel)).ShouldBe(WebSocketCloseStatus.NormalClosure);
        await Eventually.Holds(async () => await gateway.Instance("old") is null);
        using var next = await Open(gateway);
        await Say(next, "two");
        (await Hear(next)).ShouldBe("two");
        (await gateway.Instance("young"))!.Upgraded.ShouldBe(1);
    }

    [Fact]
    public async Task BusyWebSocket_InstanceReplaced_TheLastMessageIsWhole()
    {
        const int Length = 3_000_000;
        await using var old = await Backend.Start("old", async context =>
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            var message = new byte[Length];
            Array.Fill(message, (byte)'m');
            try
            {
                // Each in fragments, one after the other without a pause.
                while (true)
                    for (var at = 0; at < Length; at += Length / 3) await accepted.SendAsync(message.AsMemory(at, Length / 3), WebSocketMessageType.Binary, at + (Length / 3) == Length, default);
            }
            catch (Exception ended) when (ended is WebSocketException or IOException or OperationCanceledException)
            {
                // Cut, for it does not listen.
            }
        });
        await using var gateway = await Start();
        await gateway.Publish(Leaving(TimeSpan.FromSeconds(6), old));
        using var socket = await Open(gateway);
        await Hear(socket);

        await gateway.Publish();

        var lengths = new List<int>();
        while (await Hear(socket) is { } text) lengths.Add(text.Length);
        lengths.ShouldAllBe(length => length == Length);
        ((int?)socket.CloseStatus).ShouldBe(GoingAway);
    }

    [Fact]
    public async Task Client_IgnoresTheGoodbye_IsCutAndTheInstanceIsToldInItsPlace()
    {
        var heard = new TaskCompletionSource<WebSocketCloseStatus?>();
        await using var old = await Backend.Start("old", Echo(status => heard.TrySetResult(status)));
        await using var gateway = await Start();
        await gateway.Publish(Leaving(TimeSpan.FromSeconds(1), old));
        using var socket = await gateway.Connect(Cancel);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"u8.ToArray(), Cancel);
        (await RawUpstream.ReadHead(socket)).ShouldStartWith("HTTP/1.1 101");

        await gateway.Publish();

        var rest = await RawUpstream.ReadToEnd(socket, Cancel);
        // One frame alone: Close, its length, 1001.
        rest[..4].ShouldBe(new string(['\u0088', (char)(rest.Length - 2), '\u0003', '\u00e9']));
        (await heard.Task.WaitAsync(TimeSpan.FromSeconds(10), Cancel)).ShouldBe(WebSocketCloseStatus.EndpointUnavailable);
        await Eventually.Holds(async () => await gateway.Instance("old") is null);
    }

    [Fact]
    public async Task ManyWebSockets_InstanceReplaced_AreNotToldAllAtOnce()
    {
        await using var old = await Backend.Start("old", Echo());
        await using var young = await Backend.Start("young", Echo());
        await using var gateway = await Start();
        await gateway.Publish(Leaving(TimeSpan.FromSeconds(8), old));
        var sockets = new List<ClientWebSocket>();
        for (var i = 0; i < 40; i++) sockets.Add(await Open(gateway));
        var told = 0;
        var clients = sockets.Select(async socket =>
        {
            (await Hear(socket)).ShouldBeNull();
            Interlocked.Increment(ref told);
            ((int?)socket.CloseStatus).ShouldBe(GoingAway);
            await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);
        }).ToList();

        await gateway.Publish(Leaving(TimeSpan.FromSeconds(8), young));

        await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref told) > 0));
        Volatile.Read(ref told).ShouldBeLessThan(40);
        await Task.WhenAll(clients);
        sockets.ForEach(s => s.Dispose());
    }

    [Fact]
    public async Task Instance_HasItsRoutesBack_WhoWasNotToldStays()
    {
        await using var old = await Backend.Start("old", Echo());
        await using var gateway = await Start();
        await gateway.Publish(Leaving(TimeSpan.FromMinutes(5), old));
        using var one = await Open(gateway);
        using var other = await Open(gateway);
        await gateway.Publish();
        var (first, second) = (Hear(one), Hear(other));
        await Task.WhenAny(first, second);

        await gateway.Publish(Leaving(TimeSpan.FromMinutes(5), old));

        var stays = first.IsCompleted ? other : one;
        await Say(stays, "still here");
        (await (first.IsCompleted ? second : first)).ShouldBe("still here");
    }

    [Fact]
    public async Task OtherUpgrade_InstanceReplaced_IsLeftAlone()
    {
        await using var upstream = new RawUpstream(async socket =>
        {
            await RawUpstream.ReadHead(socket);
            await socket.SendAsync("HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"u8.ToArray());
            var buffer = new byte[100];
            while (await socket.ReceiveAsync(buffer) is var read and > 0) await socket.SendAsync(buffer.AsMemory(0, read));
        });
        await using var gateway = await Start();
        await gateway.Publish(Leaving(TimeSpan.FromMilliseconds(10), upstream));
        using var socket = await gateway.Connect(Cancel);
        await socket.SendAsync("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade\r\nUpgrade: chat\r\n\r\n"u8.ToArray(), Cancel);
        (await RawUpstream.ReadHead(socket)).ShouldContain("Upgrade: chat");
        await gateway.Publish();
        // Two looks of the sweeper.
        await Task.Delay(2500, Cancel);

        await socket.SendAsync("hello"u8.ToArray(), Cancel);

        var buffer = new byte[100];
        Encoding.ASCII.GetString(buffer, 0, await socket.ReceiveAsync(buffer, Cancel)).ShouldBe("hello");
    }

    [Fact]
    public async Task Gateway_Stops_WebSocketsAreTold()
    {
        await using var backend = await Backend.Start("ws", Echo());
        await using var gateway = await Start();
        await gateway.Publish(Leaving(TimeSpan.FromMinutes(5), backend));
        using var socket = await Open(gateway);

        var stopping = gateway.Stop();

        (await Hear(socket)).ShouldBeNull();
        ((int?)socket.CloseStatus).ShouldBe(GoingAway);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);
        await stopping;
    }

    [Fact]
    public async Task EventStream_InstanceReplaced_GoesOn()
    {
        var next = new SemaphoreSlim(0);
        await using var old = await Backend.Start("old", async context =>
        {
            context.Response.ContentType = "text/event-stream";
            for (var i = 0; i < 4; i++)
            {
                await next.WaitAsync(context.RequestAborted);
                await context.Response.WriteAsync($"data: {i}\n\n", context.RequestAborted);
            }
        });
        await using var young = await Backend.Start("young");
        await using var gateway = await Start();
        await gateway.Publish(Leaving(TimeSpan.FromMilliseconds(10), old));
        next.Release();
        using var client = gateway.Client();
        using var answer = await client.GetAsync("/", HttpCompletionOption.ResponseHeadersRead, Cancel);
        using var reader = new StreamReader(await answer.Content.ReadAsStreamAsync(Cancel));
        (await reader.ReadLineAsync(Cancel)).ShouldBe("data: 0");

        await gateway.Publish(Leaving(TimeSpan.FromMilliseconds(10), young));
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("young");
        (await gateway.Instance("old"))!.InFlight.ShouldBe(1);
        next.Release(3);

        (await reader.ReadToEndAsync(Cancel)).ShouldBe("\ndata: 1\n\ndata: 2\n\ndata: 3\n\n");
    }

    static Route Leaving(TimeSpan time, params RunningBackend[] backends)
    {
        var route = Routes.To(backends);
        return route with { Hosts = ["app.test", "127.0.0.1"], Destinations = [.. route.Destinations.Select(d => d with { WebSockets = time })] };
    }

    static RequestDelegate Echo(Action<WebSocketCloseStatus?>? closed = null) => async context =>
    {
        using var accepted = await context.WebSockets.AcceptWebSocketAsync();
        var buffer = new byte[64 * 1024];
        WebSocketReceiveResult message;
        while ((message = await accepted.ReceiveAsync(buffer, context.RequestAborted)).MessageType != WebSocketMessageType.Close)
            await accepted.SendAsync(buffer.AsMemory(0, message.Count), message.MessageType, message.EndOfMessage, default);
        closed?.Invoke(message.CloseStatus);
        await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    };

    static async Task<ClientWebSocket> Open(TestGateway gateway)
    {
        var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{gateway.Address}/"), Cancel);
        return socket;
    }

    static Task Say(WebSocket socket, string text) => socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, true, Cancel);

    /// <summary>A whole message; null: Close.</summary>
    static async Task<string?> Hear(WebSocket socket)
    {
        var (text, buffer) = (new StringBuilder(), new byte[64 * 1024]);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        while (true)
        {
            var message = await socket.ReceiveAsync(buffer, limit.Token);
            if (message.MessageType == WebSocketMessageType.Close) return text.Length == 0 ? null : throw new InvalidDataException($"Closed within a message, after {text.Length} bytes of it.");
            text.Append(Encoding.UTF8.GetString(buffer, 0, message.Count));
            if (message.EndOfMessage) return text.ToString();
        }
    }
}
