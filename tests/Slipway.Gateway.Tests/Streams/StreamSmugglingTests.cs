using System.Net.Sockets;
using System.Text;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Streams;

/// <summary>HTTP/2 can say what HTTP/1.1 can't: none of it may become lines, or a second request, on the way to an instance.</summary>
public sealed class StreamSmugglingTests : IAsyncLifetime
{
    readonly Lock _gate = new();
    readonly StringBuilder _seen = new();
    RawUpstream _instance = null!;
    TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        // Answers each head, and keeps the connection: what comes then is taken for the next request.
        _instance = new RawUpstream(async socket =>
        {
            lock (_gate) _seen.Append("[connection]");
            while (await RawUpstream.ReadHead(socket) is { Length: > 0 } head)
            {
                lock (_gate) _seen.Append(head);
                await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
            }
        });
        _gateway = await Start();
        await _gateway.Publish(Routes.To(_instance));
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _instance.DisposeAsync();
    }

    string Seen
    {
        get
        {
            lock (_gate) return _seen.ToString();
        }
    }

    [Fact]
    public async Task ProperRequest_Passes()
    {
        (await Ask([(":method", "GET"), (":scheme", "http"), (":path", "/a?b=c"), (":authority", "app.test"), ("x-mine", "1 2")])).ShouldBe("200");
        Seen.ShouldContain("GET /a?b=c HTTP/1.1\r\n");
        Seen.ShouldContain("x-mine: 1 2\r\n");
    }

    [Theory]
    [InlineData("x\r\ninjected", "1")]
    [InlineData("x: 1\r\ninjected", "1")]
    [InlineData("x: y", "1")]
    [InlineData("x y", "1")]
    [InlineData("x\0y", "1")]
    [InlineData("x\u00e9", "1")]
    [InlineData("x", "1\r\ninjected: 1")]
    [InlineData("x", "1\ninjected: 1")]
    [InlineData("x", "1\r\r")]
    [InlineData("x", "1\0")]
    [InlineData("x", "1\u0001")]
    [InlineData("cookie", "a=b\r\ninjected: 1")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("connection", "close")]
    [InlineData("upgrade", "h2c")]
    [InlineData("keep-alive", "1")]
    [InlineData("content-length", "5")]
    [InlineData("content-length", "+0")]
    [InlineData("content-length", "0, 5")]
    [InlineData("X-Upper", "1")]
    [InlineData(":path", "/b")]
    public async Task Header_ThatHttp1CanNotSay_ReachesNoInstance(string name, string value)
    {
        var answer = await Ask([(":method", "POST"), (":scheme", "http"), (":path", "/"), (":authority", "app.test"), (name, value)]);

        answer.ShouldBeOneOf("400", "reset", "goaway", "end");
        Seen.ShouldBe("");
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\ninjected: 1", "/", "app.test")]
    [InlineData("GET /x", "/", "app.test")]
    [InlineData("GET", "/a b", "app.test")]
    [InlineData("GET", "/ HTTP/1.1\r\ninjected: 1", "app.test")]
    [InlineData("GET", "/ HTTP/1.1 ", "app.test")]
    [InlineData("GET", "/?a\tb", "app.test")]
    [InlineData("GET", "/?\u00e9", "app.test")]
    [InlineData("GET", "/?a b HTTP/1.1", "app.test")]
    [InlineData("GET", "/\u007f", "app.test")]
    [InlineData("GET", "a", "app.test")]
    [InlineData("GET", "http://other.test/", "app.test")]
    [InlineData("GET", "/", "app.test\r\ninjected: 1")]
    [InlineData("GET", "/", "app.test x")]
    [InlineData("CONNECT", "/", "app.test")]
    public async Task PseudoHeader_ThatHttp1CanNotSay_ReachesNoInstance(string method, string path, string authority)
    {
        var answer = await Ask([(":method", method), (":scheme", "http"), (":path", path), (":authority", authority)]);

        answer.ShouldBeOneOf("400", "reset", "goaway", "end");
        Seen.ShouldBe("");
    }

    [Theory]
    [InlineData("5", "abc")]
    [InlineData("3", "abcGET /smuggled HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    public async Task LengthThatIsNotTheBodys_TheConnectionToTheInstanceServesNobodyElse(string length, string body)
    {
        await Ask([(":method", "POST"), (":scheme", "http"), (":path", "/first"), (":authority", "app.test"), ("content-length", length)], body);
        await Eventually.Holds(async () => await _gateway.Instance("raw") is { InFlight: 0 });

        (await _gateway.Client().GetStringAsync("/second", Cancel)).ShouldBe("ok");

        Seen.ShouldNotContain("/smuggled");
        Seen.ShouldEndWith(Seen[Seen.LastIndexOf("[connection]GET /second HTTP/1.1\r\n", StringComparison.Ordinal)..]);
    }

    /// <returns>The answer's status, or how it was refused.</returns>
    async Task<string> Ask((string, string)[] fields, string? body = null)
    {
        using var socket = await _gateway.Connect(Cancel);
        await socket.SendAsync((byte[])[.. RawHttp2.Preface, .. RawHttp2.EmptySettings, .. RawHttp2.Headers(ends: body is null, fields), .. body is null ? [] : RawHttp2.Body(body, ends: true)], Cancel);
        while (await RawHttp2.Read(socket) is { } frame)
            switch (frame.Type)
            {
                case RawHttp2.HeadersType:
                    // Past a change of the table's size; then the status, which the static table has (RFC 7541, appendix A).
                    return frame.Payload.SkipWhile(b => (b & 0xe0) == 0x20).First() switch { 0x88 => "200", 0x8c => "400", var other => $"status {other:x}" };
                case RawHttp2.Reset:
                    return "reset";
                case RawHttp2.GoAway:
                    return "goaway";
            }
        return "end";
    }
}
