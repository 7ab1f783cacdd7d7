using System.Net;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Forwarding;

public sealed class LoopTests
{
    [Fact]
    public async Task Route_ThatLeadsBackHere_IsRefusedAfterAFewRounds()
    {
        await using var gateway = await Start();
        await gateway.Publish(new Route
        {
            App = AppName.Parse("shop"),
            Service = "web",
            Hosts = ["app.test"],
            Destinations = [new Destination { Release = 1, Weight = 1, Upstreams = [new Upstream("self", "127.0.0.1", gateway.Address.Port)] }],
        });
        using var client = gateway.Client();
        using var answer = await client.GetAsync("/", Cancel);
        ((int)answer.StatusCode, answer.Headers.GetValues("X-Slipway-Error").Single()).ShouldBe((508, "loop"));
        var report = await gateway.Control.Report(Cancel);
        report.Refused["loop"].ShouldBe(1);
        report.Releases.Single().Requests.ShouldBe(4);
    }

    [Fact]
    public async Task Mark_OfOthers_IsKept_AndOursIsBehindIt()
    {
        await using var upstream = EchoUpstream.Start();
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(upstream));
        using var client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "cdn-loop", "cloudflare; loops=1" } } };
        using var answer = await client.SendAsync(request, Cancel);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldMatch(@"\r\nCDN-Loop: cloudflare; loops=1, slipway-[0-9a-f]{12}\r\n");
        (await client.GetStringAsync("/", Cancel)).ShouldMatch(@"\r\nCDN-Loop: slipway-[0-9a-f]{12}\r\n");
    }

    [Fact]
    public async Task Requests_ThatKestrelRefuses_AreCountedByReason()
    {
        await using var backend = await Backend.Start("a");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend));

        (await gateway.Raw("GET / HTTP/1.1\r\nHost: app.test\r\nBad Header: x\r\n\r\n")).ShouldStartWith("HTTP/1.1 400");
        (await gateway.Raw($"GET / HTTP/1.1\r\nHost: app.test\r\nX: {new string('x', 40_000)}\r\n\r\n")).ShouldStartWith("HTTP/1.1 431");
        (await gateway.Raw($"GET /{new string('x', 20_000)} HTTP/1.1\r\nHost: app.test\r\n\r\n")).ShouldStartWith("HTTP/1.1 414");
        (await gateway.Raw("GET / HTTP/3.7\r\nHost: app.test\r\n\r\n")).ShouldStartWith("HTTP/1.1 505");
        (await gateway.Raw("CONNECT app.test:80 HTTP/1.1\r\nHost: app.test:80\r\n\r\n")).ShouldStartWith("HTTP/1.1 400");

        var refused = (await gateway.Control.Report(Cancel)).Refused;
        (refused["bad-request"], refused["head-too-large"], refused["version"], refused["timeout"]).ShouldBe((2, 2, 1, 0));
    }

    [Theory]
    [InlineData("GET http://app.test/%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")]
    [InlineData("GET /%0d%0aSet-Cookie:%20a=b HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n")]
    public async Task Redirect_EncodedLineEnds_StayEncoded(string request)
    {
        await using var gateway = await Start(change: o => o with { ListenHttps = ["127.0.0.1:0"] });
        var route = new Route { App = AppName.Parse("shop"), Service = "web", Hosts = ["app.test"], Https = new HttpsPolicy { Mode = HttpsMode.Redirect } };
        await gateway.Publish(route);
        var toHttps = await gateway.Raw(request);
        await gateway.Publish(route with { Https = null, Redirect = new RouteRedirect { Host = "www.test" } });
        var toHost = await gateway.Raw(request);
        foreach (var answer in (string[])[toHttps, toHost])
        {
            answer.ShouldStartWith("HTTP/1.1 308");
            answer.ShouldContain("/%0d%0aSet-Cookie:%20a=b\r\n");
            answer.ShouldNotContain("\r\nSet-Cookie");
        }
    }

    [Fact]
    public async Task Values_WithLineEnds_AreRefusedWithTheTable()
    {
        await using var gateway = await Start();
        var wrong = await Should.ThrowAsync<InvalidInputException>(() => gateway.Publish(new Route
        {
            App = AppName.Parse("shop"),
            Service = "web",
            Hosts = ["app.test"],
            Policy = new RoutePolicy
            {
                RequestHeaders = new HeaderChanges { Set = new Dictionary<string, string> { ["X-A"] = "a\r\nX-B: b", ["X-C"] = "\0", ["CDN-Loop"] = "x" } },
                ResponseHeaders = new HeaderChanges { Set = new Dictionary<string, string> { ["X-D"] = "a\nb" } },
                Rewrite = new PathRewrite("/", "/a\r\nX: y"),
                BasicAuth = new BasicAuth { Realm = "a\r\nb", Users = new Dictionary<string, string>() },
            },
            Redirect = new RouteRedirect { Host = "a.test\r\nX: y", Path = "/a\nb" },
        }));
        wrong.Diagnostics.Count.ShouldBe(8);
    }
}
