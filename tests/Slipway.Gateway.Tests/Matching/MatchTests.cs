using System.Net;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Matching;

/// <summary>Routes of one host and path that are told apart by what requests look like.</summary>
public sealed class MatchTests : IAsyncLifetime
{
    Backend _general = null!;
    Backend _special = null!;
    Backend _closest = null!;
    TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _general = await Backend.Start("general");
        _special = await Backend.Start("special");
        _closest = await Backend.Start("closest");
        _gateway = await Start(change: o => o with { TrustedProxies = ["127.0.0.1"] });
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _general.DisposeAsync();
        await _special.DisposeAsync();
        await _closest.DisposeAsync();
    }

    public static TheoryData<RequestMatch, string, bool> Requests
    {
        get
        {
            var header = new RequestMatch { Headers = [new ValueCondition { Name = "x-env", Value = "beta" }] };
            var pattern = new RequestMatch { Headers = [new ValueCondition { Name = "User-Agent", Pattern = "curl/[0-9.]+|wget.*" }] };
            var cookie = new RequestMatch { Cookies = [new ValueCondition { Name = "beta", Value = "yes" }] };
            var query = new RequestMatch { Query = [new ValueCondition { Name = "tag", Value = "a b" }] };
            var german = new RequestMatch { Languages = ["de"] };
            return new()
            {
                { header, "X-Env: beta", true },
                { header, "X-Env: Beta", false },
                { header, "X-Env: betas", false },
                { header, "X-Env: other\r\nX-Env: beta", true },
                { header, "X-Other: beta", false },
                { pattern, "User-Agent: curl/8.1", true },
                { pattern, "User-Agent: curl/8.1 and more", false },
                { pattern, "User-Agent: my curl/8.1", false },
                { pattern, "User-Agent: wget whatever", true },
                { pattern, "User-Agent: wget" + new string('x', 5000), false },
                { new() { Headers = [new ValueCondition { Name = "X-Debug" }] }, "X-Debug: anything", true },
                { new() { Headers = [new ValueCondition { Name = "X-Debug" }] }, "X-Other: 1", false },
                { new() { Headers = [new ValueCondition { Name = "X-Debug", Absent = true }] }, "X-Debug: anything", false },
                { new() { Headers = [new ValueCondition { Name = "X-Debug", Absent = true }] }, "X-Other: 1", true },
                { cookie, "Cookie: beta=yes", true },
                { cookie, "Cookie: a=1; beta=yes; c=2", true },
                { cookie, "Cookie: a=1\r\nCookie: beta=yes", true },
                { cookie, "Cookie: xbeta=yes", false },
                { cookie, "Cookie: beta=yes1", false },
                { cookie, "Cookie: Beta=yes", false },
                { new() { Cookies = [new ValueCondition { Name = "beta", Absent = true }] }, "Cookie: beta=no", false },
                { new() { Cookies = [new ValueCondition { Name = "beta", Absent = true }] }, "Cookie: alpha=1", true },
                { new() { Cookies = [new ValueCondition { Name = "v", Pattern = "[2-9]" }] }, "Cookie: v=3", true },
                { new() { Cookies = [new ValueCondition { Name = "v", Pattern = "[2-9]" }] }, "Cookie: v=33", false },
                { query, "GET /?tag=a+b HTTP/1.1", true },
                { query, "GET /x?y=1&tag=a%20b&z HTTP/1.1", true },
                { query, "GET /?t%61g=a+b HTTP/1.1", true },
                { query, "GET /?Tag=a+b HTTP/1.1", false },
                { query, "GET /?tag=a HTTP/1.1", false },
                { query, "GET / HTTP/1.1", false },
                { new() { Query = [new ValueCondition { Name = "beta" }] }, "GET /?beta HTTP/1.1", true },
                { new() { Query = [new ValueCondition { Name = "beta", Absent = true }] }, "GET /?beta HTTP/1.1", false },
                { new() { Methods = ["PUT", "DELETE"] }, "DELETE / HTTP/1.1", true },
                { new() { Methods = ["PUT", "DELETE"] }, "GET / HTTP/1.1", false },
                { new() { Addresses = ["203.0.113.0/24", "2001:db8::/32"] }, "X-Forwarded-For: 203.0.113.9", true },
                { new() { Addresses = ["203.0.113.0/24", "2001:db8::/32"] }, "X-Forwarded-For: 2001:db8::1", true },
                { new() { Addresses = ["203.0.113.0/24"] }, "X-Forwarded-For: 203.0.113.9, 198.51.100.1", false },
                { new() { Addresses = ["203.0.113.0/24"] }, "X-Forwarded-For: 198.51.100.1", false },
                { german, "Accept-Language: de", true },
                { german, "Accept-Language: de-CH,de;q=0.9,en;q=0.8", true },
                { german, "Accept-Language: DE-ch", true },
                { german, "Accept-Language: den", false },
                { german, "Accept-Language: en,de;q=0.9", false },
                { german, "Accept-Language: en;q=0.5,de;q=0.9", true },
                { german, "Accept-Language: en;q=0.5\r\nAccept-Language: de ; q=0.9", true },
                { german, "Accept-Language: de;q=0, fr", false },
                { german, "Accept-Language: *", true },
                { german, "Accept-Language: de;q=high, en;q=0.1", false },
                { german, "X-Other: 1", false },
                { new() { Languages = ["fr", "de-CH"] }, "Accept-Language: de", false },
                { new() { Languages = ["fr", "de-CH"] }, "Accept-Language: de-CH-1996", true },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Request_OfAMatch_GoesToItsRoute(RequestMatch when, string line, bool matches)
    {
        await _gateway.Publish(To(_general), To(_special) with { When = [when] });
        var isRequestLine = line.EndsWith(" HTTP/1.1", StringComparison.Ordinal);
        var answer = await _gateway.Raw($"{(isRequestLine ? line : "GET / HTTP/1.1")}\r\nHost: app.test\r\n{(isRequestLine ? "" : line + "\r\n")}Connection: close\r\n\r\n");
        answer.ShouldStartWith("HTTP/1.1 200");
        answer.ShouldContain(matches ? "special" : "general");
        answer.ShouldNotContain(matches ? "general" : "special");
    }

    [Theory]
    [InlineData("/api", "/api", true)]
    [InlineData("/api", "/api/x", true)]
    [InlineData("/api", "/apix", false)]
    [InlineData("/api", "/x/api", false)]
    [InlineData("/", "/x", true)]
    [InlineData("/shop/*/buy", "/shop/7/buy", true)]
    [InlineData("/shop/*/buy", "/shop/7/8/buy", false)]
    [InlineData("/shop/*/buy", "/shop/7/buy/now", false)]
    [InlineData("/shop/**", "/shop/7/8", true)]
    [InlineData("/shop/**", "/shops", false)]
    [InlineData("/*.php", "/index.php", true)]
    [InlineData("/*.php", "/indexxphp", false)]
    [InlineData("/**/thanks", "/de/order/thanks", true)]
    public async Task Path_PrefixOrPattern_IsComparedWithTheDecodedPath(string path, string asked, bool matches)
    {
        await _gateway.Publish(To(_general), To(_special) with { When = [new RequestMatch { Path = path }] });
        using var client = _gateway.Client();
        (await client.GetStringAsync(asked, Cancel)).ShouldBe(matches ? "special" : "general");
    }

    [Fact]
    public async Task Conditions_OfOneMatch_MustAllHold()
    {
        await _gateway.Publish(To(_general), To(_special) with { When = [Header("a") with { Methods = ["POST"], Cookies = [new ValueCondition { Name = "c", Value = "1" }] }] });
        (await Ask("POST", "X-Env: a", "Cookie: c=1")).ShouldBe("special");
        (await Ask("GET", "X-Env: a", "Cookie: c=1")).ShouldBe("general");
        (await Ask("POST", "Cookie: c=1")).ShouldBe("general");
        (await Ask("POST", "X-Env: a")).ShouldBe("general");
    }

    [Fact]
    public async Task Matches_OfOneRoute_AreAlternatives()
    {
        await _gateway.Publish(To(_general), To(_special) with { When = [Header("a"), Header("b")] });
        (await Ask("GET", "X-Env: a")).ShouldBe("special");
        (await Ask("GET", "X-Env: b")).ShouldBe("special");
        (await Ask("GET", "X-Env: c")).ShouldBe("general");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Routes_WithSeveralMatchesThatHold_TheOneWithTheMostConditionsGetsIt(bool closestFirst)
    {
        // The closest one also has a match with fewer conditions: each counts for itself.
        var (special, closest) = (To(_special) with { When = [Header("a")] }, To(_closest) with { When = [Header("z"), Header("a") with { Methods = ["POST"] }] });
        await _gateway.Publish(closestFirst ? [closest, special, To(_general)] : [To(_general), special, closest]);
        (await Ask("POST", "X-Env: a")).ShouldBe("closest");
        (await Ask("GET", "X-Env: a")).ShouldBe("special");
        (await Ask("GET", "X-Env: z")).ShouldBe("closest");
        (await Ask("GET")).ShouldBe("general");
    }

    [Fact]
    public async Task Routes_WithAsManyConditions_TheFirstOneGetsIt()
    {
        var post = new RequestMatch { Methods = ["POST"] };
        await _gateway.Publish(To(_general), To(_special) with { When = [Header("a")] }, To(_closest) with { When = [post] });
        (await Ask("POST", "X-Env: a")).ShouldBe("special");
        await _gateway.Publish(To(_general), To(_closest) with { When = [post] }, To(_special) with { When = [Header("a")] });
        (await Ask("POST", "X-Env: a")).ShouldBe("closest");
    }

    [Fact]
    public async Task Route_WithALongerPath_GoesBeforeAnyMatch()
    {
        await _gateway.Publish(To(_special) with { When = [Header("a")] }, To(_general) with { Path = "/api" });
        using var client = _gateway.Client();
        client.DefaultRequestHeaders.Add("X-Env", "a");
        (await client.GetStringAsync("/api/x", Cancel)).ShouldBe("general");
        (await client.GetStringAsync("/", Cancel)).ShouldBe("special");
    }

    [Fact]
    public async Task Request_OfNoMatch_GoesToTheShorterPathThenToTheWildcardThenNowhere()
    {
        await _gateway.Publish(To(_special) with { Path = "/api", When = [Header("a")] }, To(_general));
        (await Ask("GET", path: "/api")).ShouldBe("general");
        await _gateway.Publish(To(_special) with { When = [Header("a")] }, To(_general) with { Hosts = ["*.test"] });
        (await Ask("GET")).ShouldBe("general");
        await _gateway.Publish(To(_special) with { When = [Header("a")] });
        using var client = _gateway.Client();
        (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task SamePlace_WithTheSameMatch_IsRefused()
    {
        var refused = await Should.ThrowAsync<InvalidInputException>(() => _gateway.Publish(
            To(_general) with { When = [Header("a"), Header("b")] },
            To(_special) with { Service = "api", When = [new RequestMatch { Headers = [new ValueCondition { Name = "x-env", Value = "b" }] }] }));
        refused.Diagnostics.ShouldHaveSingleItem().Message.ShouldBe("app.test/ of shop/api is taken by shop/web");
    }

    [Fact]
    public async Task Match_ThatCantBeCompared_IsRefusedWithEveryReason()
    {
        var refused = await Should.ThrowAsync<InvalidInputException>(() => _gateway.Publish(To(_general) with
        {
            When =
            [
                new RequestMatch(),
                new RequestMatch { Methods = ["get"], Path = "api", Addresses = ["10.0.0.0/33"], Languages = ["d_e"] },
                new RequestMatch { Headers = [new ValueCondition { Name = "a b", Value = "1" }, new ValueCondition { Name = "X", Pattern = @"(a)\1" }, new ValueCondition { Name = "Y", Value = "1", Absent = true }] },
            ],
        }));
        refused.Diagnostics.Select(d => d.Key).ShouldBe(
            ["routes[0].when[0]", "routes[0].when[1].methods", "routes[0].when[1].path", "routes[0].when[1].addresses", "routes[0].when[1].languages", "routes[0].when[2].headers", "routes[0].when[2].headers", "routes[0].when[2].headers"]);
        refused.Message.ShouldContain("can't be looked for in a time that is sure");
    }

    static Route To(RunningBackend backend) => Routes.To("app.test", backend);

    static RequestMatch Header(string value) => new() { Headers = [new ValueCondition { Name = "X-Env", Value = value }] };

    async Task<string> Ask(string method, string? header = null, string? cookie = null, string path = "/")
    {
        using var client = _gateway.Client();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        foreach (var line in ((string?[])[header, cookie]).OfType<string>()) request.Headers.Add(line.Split(':')[0], line.Split(':')[1].Trim());
        using var answer = await client.SendAsync(request, Cancel);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }
}
