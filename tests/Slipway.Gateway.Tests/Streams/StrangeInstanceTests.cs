using System.Net;
using System.Net.Sockets;
using Slipway.Gateway.Tests.Upstreams;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Streams;

/// <summary>Instances of HTTP/2 that answer what must not go on, or not as others do.</summary>
public sealed class StrangeInstanceTests
{
    static readonly UpstreamProtocol H2c = new() { Scheme = UpstreamScheme.H2c };

    [Theory]
    [InlineData("x", "1\r\ninjected: 1")]
    [InlineData("x", "1\ninjected: 1")]
    [InlineData("x", "1\u0001")]
    [InlineData("x: 1\r\ninjected", "1")]
    [InlineData("x y", "1")]
    public async Task Header_ThatHttp1CanNotSay_IsNotPassedOn(string name, string value)
    {
        await using var instance = Answering([.. RawHttp2.Headers(ends: false, (":status", "200"), (name, value)), .. RawHttp2.Body("hello", ends: true)]);
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(instance).Speaking(H2c));

        var answer = await gateway.Raw("GET / HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n");

        // The handler makes spaces of a value's line ends.
        answer.ShouldNotContain("\ninjected");
        answer.Contains("HTTP/1.1 502 ", StringComparison.Ordinal).ShouldBe(!value.Contains('\n', StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("x-tail", "1\r\ninjected: 1")]
    [InlineData("x-tail: 1\r\ninjected", "1")]
    public async Task Trailer_ThatHttp1CanNotSay_IsNotPassedOn(string name, string value)
    {
        await using var instance = Answering([.. RawHttp2.Headers(ends: false, (":status", "200")), .. RawHttp2.Body("hello", ends: false), .. RawHttp2.Headers(ends: true, (name, value), ("x-good", "2"))]);
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(instance).Speaking(H2c));

        var answer = await gateway.Raw("GET / HTTP/1.1\r\nHost: app.test\r\nTE: trailers\r\nConnection: close\r\n\r\n");

        answer.ShouldNotContain("\ninjected");
    }

    [Theory]
    [InlineData("999")]
    [InlineData("600")]
    public async Task Status_ThatIsNone_IsABrokenAnswer(string status)
    {
        await using var instance = Answering(RawHttp2.Headers(ends: true, (":status", status)));
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(instance).Speaking(H2c));

        (await gateway.Client().GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    /// <summary>Where nobody reads on, what is sent stops at the first 64 KiB.</summary>
    [Fact]
    public async Task WholeAnswerWithoutReadingTheBody_IsPassedOn_AndTheRequestIsOver()
    {
        await using var instance = Answering(RawHttp2.Headers(ends: true, (":status", "200"), ("x-early", "1")));
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(instance).Speaking(H2c));

        using var client = gateway.Client(version: HttpVersion.Version20);
        using var request = new HttpRequestMessage(HttpMethod.Post, "/") { Version = HttpVersion.Version20, Content = new ByteArrayContent(new byte[1_000_000]) };
        using var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Headers.GetValues("x-early").ShouldBe(["1"]);
        await gateway.IsIdle("raw");
    }

    [Fact]
    public async Task HostThatIsNoName_OnAPortOfTheRoute_IsABadRequest()
    {
        await using var backend = await GrpcBackend.Start("g", other: _ => Task.CompletedTask);
        await using var gateway = await Start();
        await gateway.Publish((Routes.To(backend) with { Hosts = ["*.app.test"] }).Speaking(H2c));

        var answer = await gateway.Raw("GET / HTTP/1.1\r\nHost: a!b(c.app.test\r\nConnection: close\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 400 ");
        await gateway.IsIdle("g");
    }

    /// <summary>One stream of one connection, and then nothing is read any more.</summary>
    static RawUpstream Answering(byte[] answer) => new(async socket =>
    {
        var preface = new byte[RawHttp2.Preface.Length];
        for (var have = 0; have < preface.Length;) have += await socket.ReceiveAsync(preface.AsMemory(have), Cancel);
        await socket.SendAsync(RawHttp2.EmptySettings);
        while (await RawHttp2.Read(socket) is { } frame)
        {
            if (frame is { Type: RawHttp2.Settings, Flags: 0 }) await socket.SendAsync(RawHttp2.SettingsAck);
            if (frame.Type != RawHttp2.HeadersType) continue;
            await socket.SendAsync(answer);
            break;
        }
        // Until the gateway has had enough.
        var rest = new byte[16 * 1024];
        while (socket.Poll(0, SelectMode.SelectRead) is false || await socket.ReceiveAsync(rest.AsMemory(), Cancel) > 0) await Task.Delay(5, Cancel);
    });
}
