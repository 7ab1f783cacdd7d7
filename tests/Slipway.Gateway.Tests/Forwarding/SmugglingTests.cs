using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Forwarding;

/// <summary>Requests that two parsers could read in two ways never reach an instance.</summary>
public sealed class SmugglingTests
{
    const string Start = "POST / HTTP/1.1\r\nHost: app.test\r\n";

    [Theory]
    [InlineData(Start + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Start + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData(Start + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef")]
    [InlineData(Start + "Content-Length: 5, 6\r\n\r\nabcdef")]
    [InlineData(Start + "Content-Length: +5\r\n\r\nabcde")]
    [InlineData(Start + "Content-Length: -0\r\n\r\n")]
    [InlineData(Start + "Content-Length: 5 5\r\n\r\nabcde")]
    [InlineData(Start + "Content-Length: 0x5\r\n\r\nabcde")]
    [InlineData(Start + "Content-Length: \r\n\r\n")]
    [InlineData(Start + "Content-Length: 18446744073709551621\r\n\r\nabcde")]
    [InlineData(Start + "Content-Length: 000000000000000000000000000000000000000000000000005\r\n\r\nabcde")]
    [InlineData(Start + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Start + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n")]
    [InlineData(Start + "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n")]
    [InlineData(Start + "Transfer-Encoding: chunked\r\n\r\n1;a\nb\r\nx\r\n0\r\n\r\n")]
    [InlineData(Start + "X: a\r\n folded\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Start + "X: a\0b\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Start + "X: a\rb\r\nContent-Length: 0\r\n\r\n")]
    [InlineData(Start + "Host: other.test\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("POST / HTTP/1.1\nHost: app.test\nContent-Length: 0\n\n")]
    [InlineData("GET http://other.test/ HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET /a b HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    [InlineData("GET /a#b HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    [InlineData("GET /a?\u00e4 HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    [InlineData("GET /a?\u007f HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    [InlineData("GET /a?\tb HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    [InlineData("GET /\0 HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    [InlineData("G(T / HTTP/1.1\r\nHost: app.test\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: app.test\r\nX(: a\r\n\r\n")]
    [InlineData(Start + "Transfer-Encoding\u000b: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData(Start + "\0Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData(Start + "Transfer-Encoding\r: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData(Start + "X\u00e4: chunked\r\nContent-Length: 0\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: app.test x\r\n\r\n")]
    [InlineData("CONNECT app.test:80 HTTP/1.1\r\nHost: app.test:80\r\n\r\n")]
    public async Task Request_TwoReadings_IsRefused(string request)
    {
        await using var backend = await Backend.Start("one", async context => await context.Request.Body.CopyToAsync(context.Response.Body));
        await using var gateway = await TestGateway.Start();
        await gateway.Publish(Routes.To(backend));

        var answer = await gateway.Raw(request);

        answer.ShouldStartWith("HTTP/1.1 400");
        answer.Split("HTTP/1.1 ").Length.ShouldBe(2);
        var report = await gateway.Control.Report(Cancel);
        report.Releases.Single().ByClass.Sum().ShouldBe(0);
        report.Refused["bad-request"].ShouldBe(1);
    }

    /// <summary>An h2c tunnel would carry requests that no route was chosen for.</summary>
    [Fact]
    public async Task Upgrade_ToHttp2_IsNotPassedOn()
    {
        string? seen = null;
        await using var upstream = new RawUpstream(async socket =>
        {
            seen = await RawUpstream.ReadHead(socket);
            await socket.SendAsync("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"u8.ToArray());
        });
        await using var gateway = await TestGateway.Start();
        await gateway.Publish(Routes.To(upstream));

        var request = "GET / HTTP/1.1\r\nHost: app.test\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n";
        var answer = await gateway.Raw(request + "GET / HTTP/1.1\r\nHost: nobody.test\r\nConnection: close\r\n\r\n");

        answer.ShouldStartWith("HTTP/1.1 200");
        seen.ShouldNotBeNull().ShouldNotContain("h2c");
        seen.ShouldNotContain("Upgrade");
        seen.ShouldNotContain("HTTP2-Settings");
    }
}
