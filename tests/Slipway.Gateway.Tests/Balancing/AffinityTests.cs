using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Balancing;

public sealed class AffinityTests : IAsyncLifetime
{
    static readonly string Key = Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

    Backend _a = null!, _b = null!, _c = null!;
    TestGateway _gateway = null!;
    HttpClient _client = null!;

    static RoutePolicy Policy(TimeSpan? lifetime = null) => new() { Affinity = new AffinityPolicy { Key = Key, Lifetime = lifetime } };

    public async ValueTask InitializeAsync()
    {
        (_a, _b, _c) = (await Backend.Start("a"), await Backend.Start("b"), await Backend.Start("c"));
        _gateway = await Start();
        _client = _gateway.Client();
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _gateway.DisposeAsync();
        await _a.DisposeAsync();
        await _b.DisposeAsync();
        await _c.DisposeAsync();
    }

    [Fact]
    public async Task Client_WithItsCookie_StaysAtItsInstance()
    {
        await _gateway.Publish(Routes.To(_a, _b, _c) with { Policy = Policy() });
        var seen = new HashSet<string>();
        for (var client = 0; client < 12; client++)
        {
            var (first, cookie) = await Ask(null);
            seen.Add(first);
            for (var i = 0; i < 5; i++)
            {
                var (again, another) = await Ask(cookie.ShouldNotBeNull());
                again.ShouldBe(first);
                another.ShouldBeNull("the cookie that it brings is good");
            }
        }
        seen.Count.ShouldBe(3);
    }

    [Fact]
    public async Task Cookie_SaysNothingOfTheInstance_AndIsForTheGatewayAlone()
    {
        await _gateway.Publish(Routes.To(_a) with { Policy = Policy(TimeSpan.FromHours(8)) });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Forwarded-Proto", "https" } } };
        using var answer = await _client.SendAsync(request, Cancel);
        var cookie = answer.Headers.GetValues("Set-Cookie").Single();
        cookie.ShouldMatch(@"^slipway-shop\.web=[A-Za-z0-9_-]{22}; Max-Age=28800; Path=/; HttpOnly; SameSite=Lax; Secure$");
        cookie.ShouldNotContain("127.0.0.1");

        await _gateway.Publish(Routes.To(_a) with { Policy = Policy() });
        using var session = await _client.GetAsync("/", Cancel);
        session.Headers.GetValues("Set-Cookie").Single().ShouldMatch(@"^slipway-shop\.web=[A-Za-z0-9_-]{22}; Path=/; HttpOnly; SameSite=Lax$");
    }

    [Theory]
    [InlineData("slipway-shop.web=AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("slipway-shop.web=")]
    [InlineData("slipway-shop.web=127.0.0.1:80")]
    [InlineData("xslipway-shop.web=x; slipway-shop.webx=y")]
    public async Task Cookie_ThatNamesNobody_IsReplaced(string forged)
    {
        await _gateway.Publish(Routes.To(_a, _b) with { Policy = Policy() });
        var (answer, cookie) = await Ask(forged);
        (await Ask(cookie.ShouldNotBeNull())).ShouldBe((answer, null));
    }

    [Fact]
    public async Task Instance_Gone_ItsClientsAreAssignedAnew_AndOthersStay()
    {
        await _gateway.Publish(Routes.To(_a, _b, _c) with { Policy = Policy() });
        var clients = new List<(string Answer, string Cookie)>();
        for (var i = 0; i < 12; i++)
        {
            var (answer, cookie) = await Ask(null);
            clients.Add((answer, cookie!));
        }
        // It crashes, and no table says so.
        await _b.Stop();
        foreach (var (was, cookie) in clients)
        {
            var (now, another) = await Ask(cookie);
            if (was != "b")
            {
                (now, another).ShouldBe((was, null));
                continue;
            }
            now.ShouldNotBe("b");
            (await Ask(another.ShouldNotBeNull())).ShouldBe((now, null));
        }
    }

    [Fact]
    public async Task Rolling_ClientOfEitherRelease_StaysWhileItsInstanceIsThere()
    {
        await _gateway.Publish(Routes.To(_a) with { Policy = Policy() });
        var (_, old) = await Ask(null);
        await _gateway.Publish(Routes.To(_a) with { Policy = Policy(), Destinations = [Routes.To(1, 1, _a), Routes.To(2, 9, _b)] });
        for (var i = 0; i < 30; i++) (await Ask(old)).ShouldBe(("a", null));
        await _gateway.Publish(Routes.To(_a) with { Policy = Policy(), Destinations = [Routes.To(2, 1, _b)] });
        (await Ask(old)).Answer.ShouldBe("b");
    }

    [Fact]
    public async Task Split_DecidesTheRelease_AffinityTheInstanceInIt()
    {
        await using var d = await Backend.Start("d");
        Route Split(int weight) => Routes.To(_a, _b) with
        {
            Policy = Policy(),
            Destinations = [Routes.To(1, 10_000 - weight, _a, _b), Routes.To(2, weight, _c, d)],
            Split = new RouteSplit { Release = 2, Sticky = StickyKind.User, Key = Key },
        };
        await _gateway.Publish(Split(5000));
        var clients = new List<(string Answer, string Cookies)>();
        for (var i = 0; i < 30; i++)
        {
            using var answer = await _client.GetAsync("/", Cancel);
            var cookies = answer.Headers.GetValues("Set-Cookie").Select(c => c.Split(';')[0]).ToList();
            cookies.Count.ShouldBe(2);
            clients.Add((await answer.Content.ReadAsStringAsync(Cancel), string.Join("; ", cookies)));
        }
        clients.Select(c => c.Answer).Distinct().Count().ShouldBe(4);
        foreach (var (was, cookies) in clients) (await Ask(cookies)).ShouldBe((was, null));

        // All go to the new release, those who were there to the same instance.
        await _gateway.Publish(Split(9999));
        foreach (var (was, cookies) in clients)
        {
            var (now, another) = await Ask(cookies);
            if (was is "c" or "d") (now, another).ShouldBe((was, null));
            else now.ShouldBeOneOf("c", "d", was);
        }
    }

    async Task<(string Answer, string? Cookie)> Ask(string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (cookie is not null) request.Headers.Add("Cookie", $"theme=dark; {cookie}");
        using var answer = await _client.SendAsync(request, Cancel);
        var issued = answer.Headers.TryGetValues("Set-Cookie", out var cookies) ? cookies.Single().Split(';')[0] : null;
        return (await answer.Content.ReadAsStringAsync(Cancel), issued);
    }
}
