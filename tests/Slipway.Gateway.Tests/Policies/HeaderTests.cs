using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Policies;

public sealed class HeaderTests
{
    static readonly RoutePolicy Policy = new()
    {
        RequestHeaders = new HeaderChanges { Set = new Dictionary<string, string> { ["X-Env"] = "prod", ["Host"] = "inner.test" }, Remove = ["cookie", "traceparent"] },
        ResponseHeaders = new HeaderChanges { Set = new Dictionary<string, string> { ["X-Frame-Options"] = "DENY" }, Remove = ["Server", "X-Powered-By"] },
    };

    [Fact]
    public async Task Headers_Changes_ReachBothSides()
    {
        await using var upstream = EchoUpstream.Start("Server: old\r\nX-Powered-By: x\r\nX-Frame-Options: SAMEORIGIN\r\nX-Kept: 1\r\n");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream) with { Policy = Policy });

        var answer = await gateway.Raw("GET / HTTP/1.1\r\nHost: app.test\r\nX-ENV: forged\r\nCookie: a=1\r\nX-Other: 2\r\nConnection: close\r\n\r\n");
        var (outer, seen) = (answer[..answer.IndexOf("\r\n\r\n", StringComparison.Ordinal)], answer[(answer.IndexOf("\r\n\r\n", StringComparison.Ordinal) + 4)..]);

        seen.Split("\r\n").Count(l => l.StartsWith("X-Env", StringComparison.OrdinalIgnoreCase)).ShouldBe(1);
        seen.ShouldContain("X-Env: prod\r\n");
        seen.ShouldContain("Host: inner.test\r\n");
        seen.ShouldContain("X-Forwarded-Host: app.test\r\n");
        seen.ShouldContain("X-Other: 2\r\n");
        foreach (var gone in (string[])["Cookie", "traceparent", "forged"]) seen.ShouldNotContain(gone);
        outer.ShouldContain("X-Frame-Options: DENY");
        outer.ShouldContain("X-Kept: 1");
        foreach (var gone in (string[])["Server:", "X-Powered-By", "SAMEORIGIN"]) outer.ShouldNotContain(gone);
    }

    [Theory]
    [InlineData("Content-Length", "1")]
    [InlineData("transfer-encoding", "chunked")]
    [InlineData("X-Forwarded-For", "1.2.3.4")]
    [InlineData("X Y", "1")]
    [InlineData("X-Two", "1\r\nHost: evil")]
    public async Task Publish_HeaderThatIsNotTheirs_IsRefused(string name, string value)
    {
        await using var gateway = await Start();
        var changes = new HeaderChanges { Set = new Dictionary<string, string> { [name] = value } };
        var refused = await Should.ThrowAsync<InvalidInputException>(() => gateway.Publish(Routes.To() with { Policy = new RoutePolicy { RequestHeaders = changes } }));
        refused.Diagnostics.Single().Key.ShouldBe("routes[0].policy.requestHeaders");
    }

    [Fact]
    public async Task Trace_ThatIsWhole_IsPassedOn_AndElseBegun()
    {
        const string Given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        await using var upstream = EchoUpstream.Start();
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));

        async Task<string> Seen(string headers) => await gateway.Raw($"GET / HTTP/1.1\r\nHost: app.test\r\n{headers}Connection: close\r\n\r\n");

        var whole = await Seen($"Traceparent: {Given}\r\ntracestate: a=1\r\ntracestate: b=2\r\n");
        whole.ShouldContain($"traceparent: {Given}\r\n");
        whole.ShouldContain("tracestate: a=1\r\ntracestate: b=2\r\n");
        (await Seen($"traceparent: cc{Given[2..]}-later\r\n")).ShouldContain($"traceparent: cc{Given[2..]}-later\r\n");

        var begun = new HashSet<string>();
        foreach (var wrong in (string[])["", $"traceparent: {Given.ToUpperInvariant()}\r\n", $"traceparent: {Given}-x\r\n", $"traceparent: ff{Given[2..]}\r\n", $"traceparent: {Given}\r\ntraceparent: {Given}\r\n",
            "traceparent: 00-00000000000000000000000000000000-00f067aa0ba902b7-01\r\n", "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01\r\n", "traceparent: x\r\n"])
        {
            var seen = await Seen(wrong + "tracestate: a=1\r\n");
            var parent = seen.Split("\r\n").Single(l => l.StartsWith("traceparent: ", StringComparison.Ordinal))[13..];
            parent.ShouldMatch("^00-[0-9a-f]{32}-[0-9a-f]{16}-01$");
            begun.Add(parent).ShouldBeTrue();
            seen.ShouldNotContain("tracestate");
            seen.ShouldNotContain("4bf92f3577b34da6a3ce929d0e0e4736");
        }
    }

    [Theory]
    [InlineData("", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\n", "X-Forwarded-For: 127.0.0.1\r\n", "X-Forwarded-Proto: http\r\n")]
    [InlineData("127.0.0.0/8", "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: outer.test\r\n", "X-Forwarded-For: 6.6.6.6, 127.0.0.1\r\n", "X-Forwarded-Proto: https\r\n")]
    [InlineData("127.0.0.1", "", "X-Forwarded-For: 127.0.0.1\r\n", "X-Forwarded-Proto: http\r\n")]
    [InlineData("10.0.0.0/8", "X-Forwarded-For: 6.6.6.6\r\n", "X-Forwarded-For: 127.0.0.1\r\n", "X-Forwarded-Proto: http\r\n")]
    public async Task Forwarded_IsBelieved_OfTrustedProxiesAlone(string trusted, string headers, string forwardedFor, string proto)
    {
        await using var upstream = EchoUpstream.Start();
        await using var gateway = await Start(change: o => o with { TrustedProxies = trusted.Length == 0 ? [] : [trusted] });
        await gateway.Publish(Routes.To(upstream));

        var seen = await gateway.Raw($"GET / HTTP/1.1\r\nHost: app.test\r\n{headers}Connection: close\r\n\r\n");

        seen.ShouldContain(forwardedFor);
        seen.ShouldContain(proto);
        seen.Split("\r\n").Count(l => l.StartsWith("X-Forwarded-Proto", StringComparison.Ordinal)).ShouldBe(1);
        seen.Split("\r\n").Count(l => l.StartsWith("X-Forwarded-Host", StringComparison.Ordinal)).ShouldBe(1);
    }
}
