using System.Collections.Concurrent;
using System.Net.Sockets;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Forwarding;

/// <summary>
/// HTTP/2 frames what HTTP/1.1 ends by characters: what is harmless in a frame is a second request in a line (RFC 9113, sections 8.2.1 and 10.3).
/// </summary>
public sealed class Http2SmugglingTests
{
    [Theory]
    [InlineData("x-a", "a\r\nX-B: b")]
    [InlineData("x-a", "a\nX-B: b")]
    [InlineData("x-a", "a\rX-B: b")]
    [InlineData("x-a", "a\0b")]
    [InlineData("x-a: a\r\nx-b", "b")]
    [InlineData("x-a:b", "b")]
    [InlineData("x a", "b")]
    [InlineData("x-a ", "b")]
    [InlineData("x-a\0", "b")]
    [InlineData("X-A", "b")]
    [InlineData("", "b")]
    [InlineData("x-\u00e4", "b")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "keep-alive")]
    [InlineData("te", "gzip")]
    [InlineData("content-length", "5")]
    [InlineData("content-length", "5x")]
    [InlineData(":path", "/other")]
    [InlineData(":late", "x")]
    public async Task Header_ThatIsNone_NeverComesToAnInstance(string name, string value) =>
        _ = await IsRefused([(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "app.test"), (name, value)]);

    [Theory]
    [InlineData(":path", "/a HTTP/1.1\r\nX-B: b\r\n\r\nGET /")]
    [InlineData(":path", "/a HTTP/1.1")]
    [InlineData(":path", "/a?q=b c")]
    [InlineData(":path", "/a?q=b\tc")]
    [InlineData(":path", "/a\0b")]
    [InlineData(":path", "/a#b")]
    [InlineData(":path", "/\u00e4")]
    [InlineData(":path", "/a?\u00e4")]
    [InlineData(":path", "/a?\u007f")]
    [InlineData(":path", "a")]
    [InlineData(":path", "http://other.test/")]
    [InlineData(":path", "")]
    [InlineData(":method", "GET / HTTP/1.1\r\nX-B: b\r\n\r\nGET")]
    [InlineData(":method", "GET /a")]
    [InlineData(":method", "G:T")]
    [InlineData(":authority", "app.test\r\nX-B: b")]
    [InlineData(":authority", "app.test x")]
    [InlineData(":authority", "user@app.test")]
    [InlineData(":authority", "app.test/a")]
    [InlineData(":scheme", "http://app.test/? ")]
    public async Task PseudoHeader_ThatIsNone_NeverComesToAnInstance(string name, string value)
    {
        var headers = new Dictionary<string, string> { [":method"] = "GET", [":scheme"] = "http", [":path"] = "/", [":authority"] = "app.test" };
        headers[name] = value;
        await IsRefused([.. headers.Select(h => (h.Key, h.Value))]);
    }

    [Fact]
    public async Task Body_OfAnotherLengthThanSaid_IsNoWholeRequest()
    {
        (string, string)[] headers = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "app.test"), ("content-length", "3")];
        await IsRefused(headers, "abcGET / HTTP/1.1\r\n\r\n");
        await IsRefused(headers, "a");
    }

    [Theory]
    [InlineData("x-a", "a\r\n\r\nGET /smuggled HTTP/1.1\r\nX-B: b")]
    [InlineData("x-a", "a\0b")]
    [InlineData("x-a: a\r\n\r\nGET /smuggled HTTP/1.1\r\nx-b", "b")]
    [InlineData("x a", "b")]
    public async Task Trailer_ThatIsNone_NeverComesToAnInstance(string name, string value)
    {
        (string, string)[] headers = [(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "app.test"), ("trailer", "x-a")];
        (await IsRefused(headers, "abc", [(name, value)])).ShouldNotContain("smuggled");
    }

    /// <summary>Whichever the route was chosen by is what the instance is told (RFC 9113, section 8.3.1).</summary>
    [Fact]
    public async Task Host_OfAnotherNameThanAuthority_IsNotPassedOn()
    {
        var seen = "";
        await using var upstream = new RawUpstream(async socket =>
        {
            seen = await RawUpstream.ReadHead(socket);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray(), SocketFlags.None);
        });
        await using var gateway = await TestGateway.Start();
        await gateway.Publish(Routes.To(upstream));

        (await RawHttp2.Ask(gateway, [(":method", "GET"), (":scheme", "http"), (":path", "/"), (":authority", "app.test"), ("host", "other.test")])).ShouldBe("200");

        seen.ShouldContain("\r\nHost: app.test\r\n");
        seen.ShouldNotContain("other.test");
    }

    [Fact]
    public async Task Request_OfUsualHeaders_IsServed()
    {
        await using var upstream = EchoUpstream.Start();
        await using var gateway = await TestGateway.Start();
        await gateway.Publish(Routes.To(upstream));
        (await RawHttp2.Ask(gateway, [(":method", "GET"), (":scheme", "http"), (":path", "/a?b=%20c"), (":authority", "app.test"), ("x-a", "\u00e4 b"), ("te", "trailers")])).ShouldBe("200");
    }

    static async Task<string> IsRefused((string Name, string Value)[] headers, string? body = null, (string Name, string Value)[]? trailers = null)
    {
        var seen = new ConcurrentQueue<string>();
        await using var upstream = new RawUpstream(async socket =>
        {
            var buffer = new byte[4096];
            while (await socket.ReceiveAsync(buffer) is var read and > 0)
            {
                seen.Enqueue(System.Text.Encoding.Latin1.GetString(buffer, 0, read));
                // With a body it would be a race whether its answer comes first.
                if (body is null) await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray(), SocketFlags.None);
            }
        });
        await using var gateway = await TestGateway.Start();
        await gateway.Publish(Routes.To(upstream));

        var answer = await RawHttp2.Ask(gateway, headers, body, trailers);

        answer.ShouldBeOneOf("400", "reset", "goaway");
        if (body is null) seen.ShouldBeEmpty();
        var refused = (await gateway.Control.Report(Cancel)).Refused;
        refused["bad-request"].ShouldBe(1, $"{answer}: {string.Join(", ", refused)}");
        return string.Concat(seen);
    }
}
