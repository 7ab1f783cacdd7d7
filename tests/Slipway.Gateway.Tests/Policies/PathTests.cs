using System.Net;
using Slipway.Gateway.Policies;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Policies;

public sealed class PathTests
{
    [Theory]
    [InlineData("/api", "", "/api", "/")]
    [InlineData("/api", "", "/api?a=/api", "/?a=/api")]
    [InlineData("/api", "", "/api/", "/")]
    [InlineData("/api", "", "/api/x%2Fy/?q=%41", "/x%2Fy/?q=%41")]
    [InlineData("/api", "", "/api//evil.test/x", "/evil.test/x")]
    [InlineData("/api", "", "/apix", null)]
    [InlineData("/api", "", "/%61pi/x", null)]
    [InlineData("/api", "", "/api/../other", null)]
    [InlineData("/api", "", "/api/%2e%2E/other", null)]
    [InlineData("/api", "", "/api/.", null)]
    [InlineData("/api", "", "/api/...", "/...")]
    [InlineData("/api", "", "/api/.well-known", "/.well-known")]
    [InlineData("/api", "/v2", "/api/x?y", "/v2/x?y")]
    [InlineData("/api", "/v2", "/api", "/v2")]
    [InlineData("/", "/v2", "/x", "/v2/x")]
    [InlineData("/", "/v2", "/", "/v2/")]
    public void Rewrite_Target_IsChangedOrRefused(string prefix, string with, string target, string? expected) =>
        new TargetRewrite(new PathRewrite(prefix, with)).Apply(target).ShouldBe(expected);

    [Fact]
    public async Task Strip_OverTheWire_SaysWhatIsGone()
    {
        await using var upstream = EchoUpstream.Start();
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream) with { Path = "/api", Policy = new RoutePolicy { Rewrite = new PathRewrite("/api", "") } });
        using var client = gateway.Client();

        var head = await client.GetStringAsync("/api/orders?id=1", Cancel);
        head.ShouldStartWith("GET /orders?id=1 HTTP/1.1\r\n");
        head.ShouldContain("X-Forwarded-Prefix: /api\r\n");
        (await gateway.Raw("GET /%61pi/orders HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")).ShouldStartWith("HTTP/1.1 400");
        await gateway.IsIdle("raw");
    }

    [Theory]
    [InlineData("www.test", "/", null, "apex.test", "/", "/a?b=1", "http://apex.test/a?b=1")]
    [InlineData("www.test", "/", "https", "apex.test", "/", "/", "https://apex.test/")]
    [InlineData("app.test", "/old", null, null, "/new", "/old/a%20b", "http://app.test/new/a%20b")]
    [InlineData("app.test", "/old", null, null, "/", "/old//evil.test", "http://app.test/evil.test")]
    public async Task Redirect_Request_IsSentThere(string host, string path, string? scheme, string? toHost, string toPath, string target, string expected)
    {
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(host) with { Path = path, Redirect = new RouteRedirect { Scheme = scheme, Host = toHost, Path = toPath, Status = 301 } });
        using var client = gateway.Client(host);

        var answer = await client.SendAsync(new HttpRequestMessage(HttpMethod.Post, target) { Content = new StringContent("body") }, Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.MovedPermanently);
        answer.Headers.GetValues("Location").ShouldBe([expected]);
        (await client.SendAsync(new HttpRequestMessage(HttpMethod.Head, target), Cancel)).Headers.GetValues("Location").ShouldBe([expected]);
    }

    [Theory]
    [InlineData("shop.test", "exact")]
    [InlineData("a.shop.test", "wide")]
    [InlineData("a.b.shop.test:81", "wide")]
    [InlineData("x.eu.shop.test", "longer")]
    [InlineData("eu.shop.test", "wide")]
    [InlineData("A.EU.Shop.Test.", "longer")]
    [InlineData("one.eu.shop.test", "one")]
    [InlineData("hop.test", "404")]
    [InlineData("xshop.test", "404")]
    public async Task Host_Wildcards_ExactWinsThenLongest(string host, string expected)
    {
        await using var exact = await Backend.Start("exact");
        await using var wide = await Backend.Start("wide");
        await using var longer = await Backend.Start("longer");
        await using var one = await Backend.Start("one");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To("shop.test", exact), Routes.To("*.shop.test", wide), Routes.To("*.eu.shop.test", longer), Routes.To("one.eu.shop.test", one));

        var answer = await gateway.Raw($"GET / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");

        if (expected == "404") answer.ShouldStartWith("HTTP/1.1 404");
        else answer.ShouldContain($"\r\n{expected}\r\n");
    }

    [Fact]
    public async Task Host_PathsBelowAWildcard_AreFoundWhereTheExactNameHasNone()
    {
        await using var api = await Backend.Start("api");
        await using var rest = await Backend.Start("rest");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To("a.shop.test", api) with { Path = "/api" }, Routes.To("*.shop.test", rest));

        (await gateway.Client("a.shop.test").GetStringAsync("/api/x", Cancel)).ShouldBe("api");
        (await gateway.Client("a.shop.test").GetStringAsync("/x", Cancel)).ShouldBe("rest");
    }
}
