using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Forwarding;

/// <summary>What is refused before a route is looked for, or before an instance has all of it: with which status, and how it is counted.</summary>
public sealed class RefusalTests
{
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

    [Fact]
    public async Task Head_ThatNeverEnds_IsTimedOut_AndCounted()
    {
        await using var gateway = await Start(change: o => o with { HeadTimeout = TimeSpan.FromSeconds(1) });
        (await gateway.Raw("GET / HTTP/1.1\r\nHost: app.test\r\nX-Slow: ")).ShouldStartWith("HTTP/1.1 408");
        (await gateway.Control.Report(Cancel)).Refused["timeout"].ShouldBe(1);
    }

    [Theory]
    [InlineData("Content-Length: 10\r\n\r\nabc")]
    [InlineData("Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n")]
    public async Task Body_ThatNeverEnds_IsTimedOut_AndIsNoFailureOfTheRelease(string rest)
    {
        await using var backend = await Backend.Start("a", context => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));
        await using var gateway = await Start(change: o => o with { StallTimeout = TimeSpan.FromSeconds(1.1) });
        await gateway.Publish(Routes.To(backend));

        (await gateway.Raw("POST / HTTP/1.1\r\nHost: app.test\r\n" + rest)).ShouldStartWith("HTTP/1.1 408");

        await gateway.IsIdle("a");
        var report = await gateway.Control.Report(Cancel);
        (report.Refused["timeout"], report.Releases.Single().Failed).ShouldBe((1, 0));
    }

    [Fact]
    public async Task Request_ThatItsRouteTurnsAway_IsCountedByReason()
    {
        await using var backend = await Backend.Start("a", context => context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted));
        await using var gateway = await Start();
        await gateway.Publish(
            Of("body", new RoutePolicy { MaxBody = 3 }, backend),
            Of("address", new RoutePolicy { Addresses = new AddressRules { Deny = ["127.0.0.0/8"] } }, backend),
            Of("credentials", new RoutePolicy { BasicAuth = new BasicAuth { Realm = "x", Users = new Dictionary<string, string>() } }, backend),
            Of("rate", new RoutePolicy { Rate = new RateLimit { Requests = 1, Per = TimeSpan.FromHours(1), Burst = 1 } }, backend),
            Of("none", null),
            Of("down", null, backend) with { Maintenance = new Maintenance() },
            Of("seen", new RoutePolicy { MaxBody = 3 }, backend) with { IsPreview = true });

        (await gateway.Raw("POST / HTTP/1.1\r\nHost: body.test\r\nContent-Length: 4\r\n\r\nabcd")).ShouldStartWith("HTTP/1.1 413");
        (await gateway.Raw("POST / HTTP/1.1\r\nHost: body.test\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nabcd\r\n0\r\n\r\n")).ShouldStartWith("HTTP/1.1 413");
        (await gateway.Raw("POST / HTTP/1.1\r\nHost: seen.test\r\nContent-Length: 4\r\n\r\nabcd")).ShouldStartWith("HTTP/1.1 413");
        foreach (var (host, status) in ((string, string)[])[("address", "403"), ("credentials", "401"), ("rate", "200"), ("rate", "429"), ("none", "503"), ("down", "503")])
            (await gateway.Raw($"GET / HTTP/1.1\r\nHost: {host}.test\r\nConnection: close\r\n\r\n")).ShouldStartWith($"HTTP/1.1 {status}");

        (await gateway.Control.Report(Cancel)).TurnedAway.Select(t => (t.Service, t.Reason, t.Requests)).ShouldBe(
            [("address", "address", 1), ("body", "body", 2), ("credentials", "credentials", 1), ("down", "maintenance", 1), ("none", "no-instance", 1), ("rate", "rate", 1)]);

        static Route Of(string service, RoutePolicy? policy, params RunningBackend[] backends) => Routes.To($"{service}.test", backends) with { Service = service, Policy = policy };
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
