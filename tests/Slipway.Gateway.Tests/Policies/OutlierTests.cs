using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Policies;

public sealed class OutlierTests
{
    static RoutePolicy Policy(int share, double seconds = 60) => new() { Outliers = new OutlierPolicy { Failures = 3, Eject = TimeSpan.FromSeconds(seconds), MaxShare = share } };

    [Fact]
    public async Task Instance_ThatKeepsFailing_IsLeftAlone_AndComesBack()
    {
        var (bad, asked) = (true, 0);
        await using var good = await Backend.Start("good");
        await using var ill = await Backend.Start("ill", async context =>
        {
            Interlocked.Increment(ref asked);
            context.Response.StatusCode = Volatile.Read(ref bad) ? 503 : 200;
            await context.Response.WriteAsync("ill");
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(good, ill) with { Policy = Policy(50, seconds: 0.3) });
        using var client = gateway.Client();

        async Task<string> Ask() => await (await client.GetAsync("/", Cancel)).Content.ReadAsStringAsync(Cancel);

        await Eventually.Holds(async () => await Ask() == "good" && Volatile.Read(ref asked) >= 3);
        Volatile.Write(ref bad, false);
        // Another table finds the instance as it was.
        await gateway.Publish(Routes.To(good, ill) with { Policy = Policy(50, seconds: 0.3), Path = "/" }, Routes.To("other.test", good));
        await Eventually.Holds(async () => await Ask() == "ill");
    }

    [Fact]
    public async Task Instance_ThatIsLeftAlone_IsLeftAloneByTheNextGatewayToo()
    {
        await using var good = await Backend.Start("good");
        await using var ill = await Backend.Start("ill", context =>
        {
            context.Response.StatusCode = 503;
            return context.Response.WriteAsync("ill");
        });
        var folder = NewFolder();
        await using (var first = await Start(folder))
        {
            await first.Publish(Routes.To(good, ill) with { Policy = Policy(50) });
            using var one = first.Client();
            await Eventually.Holds(async () => (await one.GetAsync("/", Cancel)).IsSuccessStatusCode && (await first.Instance("ill"))!.Ejected);
        }
        await using var next = await Start(folder);
        using var client = next.Client();
        for (var i = 0; i < 20; i++) (await client.GetStringAsync("/", Cancel)).ShouldBe("good");
        (await next.Instance("ill"))!.Ejected.ShouldBeTrue();
    }

    [Theory]
    [InlineData(50, 1)]
    [InlineData(40, 0)]
    [InlineData(100, 2)]
    public async Task Share_OfTheInstances_IsTheBound(int share, int ejected)
    {
        var seen = new System.Collections.Concurrent.ConcurrentDictionary<string, int>();
        RequestDelegate Fail(string name) => context =>
        {
            seen.AddOrUpdate(name, 1, (_, n) => n + 1);
            context.Response.StatusCode = 502;
            return Task.CompletedTask;
        };
        await using var a = await Backend.Start("a", Fail("a"));
        await using var b = await Backend.Start("b", Fail("b"));
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(a, b) with { Policy = Policy(share) });
        using var client = gateway.Client();

        for (var i = 0; i < 20; i++) (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(System.Net.HttpStatusCode.BadGateway);

        // Where both are ejected both are asked all the same; one alone takes everything that the other does not get.
        var least = seen.Values.Min();
        if (ejected == 1) least.ShouldBe(3);
        else least.ShouldBeGreaterThan(3);
    }
}
