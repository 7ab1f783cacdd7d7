using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Tests.Upstreams;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Tunnels;

/// <summary>WebSockets over HTTP/2 (RFC 8441), as browsers open them where they have such a connection already, and between the two ways.</summary>
public sealed class StreamedWebSocketTests
{
    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task WebSocket_BetweenProtocols_Works(bool clientOverHttp2, bool instanceOverHttp2)
    {
        await using RunningBackend backend = instanceOverHttp2 ? await GrpcBackend.Start("ws", other: Echo) : await Backend.Start("ws", Echo);
        await using var gateway = await Start();
        var route = Routes.To(backend);
        await gateway.Publish(instanceOverHttp2 ? route.Speaking(new UpstreamProtocol { Scheme = UpstreamScheme.H2c }) : route);
        using var socket = await Open(gateway, clientOverHttp2);

        await socket.SendAsync("hello"u8.ToArray(), WebSocketMessageType.Text, true, Cancel);
        var buffer = new byte[100];
        var message = await socket.ReceiveAsync(buffer, Cancel);

        Encoding.ASCII.GetString(buffer, 0, message.Count).ShouldBe("/talk?a=b: hello");
        (await gateway.Instance("ws")).ShouldBe(new InstanceTraffic { Instance = "ws", InFlight = 0, Upgraded = 1 });
        socket.SubProtocol.ShouldBe("chat.v1");
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);
        await Eventually.Holds(async () => await gateway.Instance("ws") is { InFlight: 0, Upgraded: 0 });
    }

    [Fact]
    public async Task WebSocket_OverHttp2_InstanceReplaced_IsTold()
    {
        await using var backend = await Backend.Start("ws", Echo);
        await using var gateway = await Start();
        var route = Routes.To(backend);
        await gateway.Publish(route with { Destinations = [.. route.Destinations.Select(d => d with { WebSockets = TimeSpan.FromSeconds(2) })] });
        using var socket = await Open(gateway, overHttp2: true);

        await gateway.Publish();

        (await socket.ReceiveAsync(new byte[100], Cancel)).MessageType.ShouldBe(WebSocketMessageType.Close);
        ((int?)socket.CloseStatus).ShouldBe(1001);
    }

    [Fact]
    public async Task WebSocket_InstanceRefuses_ClientIsToldSo()
    {
        await using var backend = await Backend.Start("ws", context =>
        {
            context.Response.StatusCode = 403;
            return context.Response.WriteAsync("no");
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));

        var error = await Should.ThrowAsync<WebSocketException>(async () => await Open(gateway, overHttp2: true));

        error.ToString().ShouldContain("403");
        await Eventually.Holds(async () => await gateway.Instance("ws") is { InFlight: 0, Upgraded: 0 });
    }

    static async Task Echo(HttpContext context)
    {
        using var accepted = await context.WebSockets.AcceptWebSocketAsync("chat.v1");
        var buffer = new byte[1024];
        while (await accepted.ReceiveAsync(buffer, context.RequestAborted) is { MessageType: not WebSocketMessageType.Close } message)
            await accepted.SendAsync(Encoding.ASCII.GetBytes($"{context.Request.Path}{context.Request.QueryString}: {Encoding.ASCII.GetString(buffer, 0, message.Count)}"), message.MessageType, true, default);
        await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
    }

    static async Task<ClientWebSocket> Open(TestGateway gateway, bool overHttp2)
    {
        var socket = new ClientWebSocket();
        socket.Options.HttpVersion = overHttp2 ? HttpVersion.Version20 : HttpVersion.Version11;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        socket.Options.AddSubProtocol("chat.v1");
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancel) => new NetworkStream(await gateway.Connect(cancel), ownsSocket: true),
        }, disposeHandler: false);
        await socket.ConnectAsync(new Uri("ws://app.test/talk?a=b"), invoker, Cancel);
        return socket;
    }
}
