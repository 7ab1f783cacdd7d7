using System.Net;
using System.Security.Cryptography;
using Slipway.Gateway.Control;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Splitting;

public sealed class SplitTests() : TwoReleases("canary")
{
    [Theory]
    [InlineData(StickyKind.None)]
    [InlineData(StickyKind.User)]
    public async Task Weight_OfTenThousand_IsTheShareOfRequestsOfNewcomers(StickyKind sticky)
    {
        await Publish(2500, sticky);

        var canary = 0;
        for (var i = 0; i < 2000; i++) canary += await Client.GetStringAsync("/", Cancel) == "canary" ? 1 : 0;

        // Ten standard deviations of a binomial with n = 2000, p = 1/4 are 194.
        canary.ShouldBeInRange(306, 694);
        (await Gateway.Control.Report(Cancel)).Releases.Single(r => r.Release == 2).Requests.ShouldBe(canary);
    }

    [Fact]
    public async Task User_WithTheIssuedCookie_StaysWhereHeIs()
    {
        await Publish(5000);
        for (var user = 0; user < 20; user++)
        {
            var (first, cookie) = await Ask(null);
            cookie.ShouldNotBeNull();
            for (var i = 0; i < 5; i++)
            {
                var (again, another) = await Ask(cookie);
                again.ShouldBe(first);
                another.ShouldBeNull("the cookie that it brings is good");
            }
        }
    }

    [Fact]
    public async Task Users_AsTheWeightRises_MoveToTheNewReleaseOnly()
    {
        await Publish(1);
        var users = new List<string>();
        for (var i = 0; i < 200; i++) users.Add((await Ask(null)).Cookie!);
        var moved = new HashSet<string>();
        foreach (var weight in (int[])[1, 500, 2500, 5000, 9900, 10000])
        {
            await Publish(weight);
            var now = new HashSet<string>();
            foreach (var user in users)
                if ((await Ask(user)).Answer == "canary") now.Add(user);
            now.IsSupersetOf(moved).ShouldBeTrue($"somebody went back at {weight}");
            moved = now;
        }
        moved.Count.ShouldBe(users.Count);
    }

    [Fact]
    public async Task Users_OfAnotherRelease_AreDrawnAnew()
    {
        await Publish(5000);
        var users = new List<(string Answer, string Cookie)>();
        for (var i = 0; i < 200; i++)
        {
            var (answer, cookie) = await Ask(null);
            users.Add((answer, cookie!));
        }
        await Publish(5000, release: 3);

        var same = 0;
        foreach (var (answer, cookie) in users) same += (await Ask(cookie)).Answer == answer ? 1 : 0;

        // Independent draws agree in half the cases; ten standard deviations are 71.
        same.ShouldBeInRange(29, 171);
    }

    [Theory]
    [InlineData("slipway-shop=x")]
    [InlineData("slipway-shop=AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("slipway-shop=")]
    [InlineData("slipway-shop")]
    [InlineData("xslipway-shop=AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA; y=1")]
    public async Task Cookie_NotSignedByTheApp_IsReplaced(string forged)
    {
        await Publish(5000);
        var (_, cookie) = await Ask(forged);
        cookie.ShouldNotBeNull().ShouldNotBe(forged);
        (await Ask(cookie)).Cookie.ShouldBeNull();
    }

    [Fact]
    public async Task Cookie_OfAnotherAppsKey_IsReplaced()
    {
        await Publish(5000);
        var foreign = (await Ask(null)).Cookie!;
        await Publish(5000, key: Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        (await Ask(foreign)).Cookie.ShouldNotBeNull();
    }

    [Fact]
    public async Task Cookie_BesideAForgedOneOfTheSameName_IsFound()
    {
        await Publish(5000);
        var good = (await Ask(null)).Cookie!;
        (await Ask($"a=b; slipway-shop=forged; {good}; c=d")).Cookie.ShouldBeNull();
    }

    [Fact]
    public async Task Cookie_BehindMoreForgedOnesThanAnybodyHas_IsNotLookedFor()
    {
        await Publish(5000);
        var good = (await Ask(null)).Cookie!;
        var forged = string.Concat(Enumerable.Repeat("slipway-shop=AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA; ", 8));
        (await Ask(forged + good)).Cookie.ShouldNotBeNull();
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData("https", true)]
    public async Task Cookie_Issued_IsTheGatewaysOwnAndStaysBesideTheAppsOwn(string? scheme, bool secure)
    {
        await using var setting = await Backend.Start("setting", async context =>
        {
            context.Response.Headers.SetCookie = "session=1; Path=/";
            await Task.CompletedTask;
        });
        await Gateway.Publish(Route(5000, StickyKind.User) with { Destinations = [Routes.To(1, 5000, setting), Routes.To(2, 5000, setting)] });
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (scheme is not null) request.Headers.Add("X-Forwarded-Proto", scheme);

        using var answer = await Client.SendAsync(request, Cancel);

        var cookies = answer.Headers.GetValues("Set-Cookie").ToList();
        cookies.Count.ShouldBe(2);
        cookies.ShouldContain("session=1; Path=/");
        cookies.Single(c => c.StartsWith("slipway-shop=", StringComparison.Ordinal)).ShouldEndWith("; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax" + (secure ? "; Secure" : ""));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(10000)]
    public async Task Cookie_WhereThereIsNothingToDecide_IsNotIssued(int weight)
    {
        await Publish(weight);
        (await Ask(null)).ShouldBe((weight == 0 ? "stable" : "canary", null));
        await Gateway.Publish(Routes.To(Stable));
        (await Ask(null)).Cookie.ShouldBeNull("this route is not split");
    }

    [Fact]
    public async Task Header_OfAUser_DecidesAndNoCookieIsIssued()
    {
        await Publish(5000, StickyKind.Header);
        var versions = new HashSet<string>();
        for (var user = 0; user < 40; user++)
        {
            var answers = new HashSet<string>();
            for (var i = 0; i < 4; i++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, "/");
                request.Headers.Add("X-User", $"user {user}");
                using var answer = await Client.SendAsync(request, Cancel);
                answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
                answers.Add(await answer.Content.ReadAsStringAsync(Cancel));
            }
            answers.Count.ShouldBe(1);
            versions.UnionWith(answers);
        }
        versions.ShouldBe(["stable", "canary"], ignoreOrder: true);
    }

    [Theory]
    [InlineData(10000, "stable")]
    [InlineData(5000, "stable")]
    public async Task Release_WithoutAnInstanceThatAnswers_IsStoodInForByTheOther(int weight, string expected)
    {
        await Publish(weight);
        await Next.Stop();
        for (var i = 0; i < 20; i++) (await Ask(null)).Answer.ShouldBe(expected);
    }

    [Fact]
    public async Task Preview_Requests_AreNotCounted()
    {
        await Gateway.Publish(Route(5000, StickyKind.None), Routes.To("preview.app.test", Next) with { IsPreview = true, Destinations = [Routes.To(2, 1, Next)] });
        using var preview = Gateway.Client("preview.app.test");
        for (var i = 0; i < 5; i++) (await preview.GetStringAsync("/", Cancel)).ShouldBe("canary");
        (await Gateway.Control.Report(Cancel)).Releases.Single(r => r.Release == 2).Requests.ShouldBe(0);
    }

    [Fact]
    public async Task Split_ThatCantBeServedBy_IsRefusedWithEveryReason()
    {
        var route = Route(5000, StickyKind.Header);
        var refused = await Should.ThrowAsync<InvalidInputException>(() => Gateway.Publish(
            route with { Split = route.Split! with { Header = null, Key = "short", Release = 7 } }));
        refused.Diagnostics.Select(d => d.Key).ShouldBe(["routes[0].split.release", "routes[0].split.header", "routes[0].split.key"]);
        refused.Message.ShouldNotContain("short");
    }

    Task Publish(int weight, StickyKind sticky = StickyKind.User, int release = 2, string? key = null) => Gateway.Publish(Route(weight, sticky, release, key));

    Route Route(int weight, StickyKind sticky, int release = 2, string? key = null) => Routes.To() with
    {
        Destinations = [Routes.To(1, 10000 - weight, Stable), Routes.To(release, weight, Next)],
        Split = new RouteSplit { Release = release, Sticky = sticky, Header = sticky == StickyKind.Header ? "X-User" : null, Key = key ?? Key },
    };

    /// <returns>What answered, and the cookie that came with it as a browser sends it back.</returns>
    async Task<(string Answer, string? Cookie)> Ask(string? cookie)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (cookie is not null) request.Headers.Add("Cookie", cookie);
        using var answer = await Client.SendAsync(request, Cancel);
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var issued = answer.Headers.TryGetValues("Set-Cookie", out var values) ? values.Single().Split(';')[0] : null;
        return (await answer.Content.ReadAsStringAsync(Cancel), issued);
    }
}
