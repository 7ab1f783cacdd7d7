using System.Net;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Balancing;

public sealed class BalanceTests : IAsyncLifetime
{
    Backend _a = null!, _b = null!, _c = null!;
    TestGateway _gateway = null!;
    HttpClient _client = null!;

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
    public async Task RoundRobin_EachInTurn()
    {
        await _gateway.Publish(Routes.To(_a, _b, _c) with { Policy = new RoutePolicy { Balance = new BalancePolicy { Kind = BalanceKind.RoundRobin } } });
        var answers = new List<string>();
        for (var i = 0; i < 9; i++) answers.Add(await _client.GetStringAsync("/", Cancel));
        answers.GroupBy(a => a).Select(g => g.Count()).ShouldBe([3, 3, 3]);
        for (var i = 3; i < 9; i++) answers[i].ShouldBe(answers[i - 3]);
    }

    [Fact]
    public async Task TwoChoices_AllGetRequests()
    {
        await _gateway.Publish(Routes.To(_a, _b, _c) with { Policy = new RoutePolicy { Balance = new BalancePolicy { Kind = BalanceKind.TwoChoices } } });
        var answers = new HashSet<string>();
        for (var i = 0; i < 200; i++) answers.Add(await _client.GetStringAsync("/", Cancel));
        answers.Count.ShouldBe(3);
    }

    [Theory]
    [InlineData(HashSource.Header, "X-User")]
    [InlineData(HashSource.Cookie, "sid")]
    [InlineData(HashSource.Path, null)]
    public async Task Hash_SameKey_IsOneInstance_AndMovesOnlyWhenThatGoes(HashSource source, string? name)
    {
        var policy = new RoutePolicy { Balance = new BalancePolicy { Kind = BalanceKind.Hash, Source = source, Name = name } };
        await _gateway.Publish(Routes.To(_a, _b, _c) with { Policy = policy });
        var before = await Keys(source);
        before.Values.Distinct().Count().ShouldBe(3);
        (await Keys(source)).ShouldBe(before);

        await _gateway.Publish(Routes.To(_a, _c) with { Policy = policy });

        foreach (var (key, now) in await Keys(source))
            if (before[key] != "b") now.ShouldBe(before[key]);
            else now.ShouldNotBe("b");
    }

    [Fact]
    public async Task Hash_InstanceRefuses_ItsKeysGoToOthers()
    {
        await _gateway.Publish(Routes.To(_a, _b, _c) with { Policy = new RoutePolicy { Balance = new BalancePolicy { Kind = BalanceKind.Hash, Source = HashSource.Path } } });
        var before = await Keys(HashSource.Path);
        await _b.Stop();
        foreach (var (key, now) in await Keys(HashSource.Path))
            if (before[key] != "b") now.ShouldBe(before[key]);
            else now.ShouldNotBe("b");
    }

    [Fact]
    public async Task Hash_RequestWithoutTheKey_IsServed()
    {
        await _gateway.Publish(Routes.To(_a, _b) with { Policy = new RoutePolicy { Balance = new BalancePolicy { Kind = BalanceKind.Hash, Source = HashSource.Header, Name = "X-User" } } });
        var answers = new HashSet<string>();
        for (var i = 0; i < 20; i++) answers.Add(await _client.GetStringAsync("/", Cancel));
        answers.Count.ShouldBe(2);
    }

    [Fact]
    public async Task MaxConnections_AllFull_IsBusy_UntilOneLeaves()
    {
        var gate = new TaskCompletionSource();
        var waiting = 0;
        await using var slow = await Backend.Start("slow", async context =>
        {
            Interlocked.Increment(ref waiting);
            await gate.Task;
            await context.Response.WriteAsync("slow");
        });
        await using var other = await Backend.Start("other", async context =>
        {
            Interlocked.Increment(ref waiting);
            await gate.Task;
            await context.Response.WriteAsync("other");
        });
        await _gateway.Publish(Routes.To(slow, other) with { Policy = new RoutePolicy { MaxConnections = 2 } });
        var first = Enumerable.Range(0, 4).Select(_ => _client.GetAsync("/", Cancel)).ToList();
        await Eventually.Holds(() => Task.FromResult(Volatile.Read(ref waiting) == 4));

        using var refused = await _client.GetAsync("/", Cancel);

        refused.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        refused.Headers.GetValues("X-Slipway-Error").ShouldBe(["busy"]);
        refused.Headers.RetryAfter.ShouldNotBeNull();
        (await _gateway.Instance("slow"))!.InFlight.ShouldBe(2);
        gate.SetResult();
        foreach (var answer in await Task.WhenAll(first)) answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await _client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Policy_ThatCantBeServedBy_IsRefusedWithEveryReason()
    {
        var wrong = await Should.ThrowAsync<InvalidInputException>(() => _gateway.Publish(Routes.To(_a) with
        {
            Policy = new RoutePolicy
            {
                Balance = new BalancePolicy { Kind = BalanceKind.Hash, Source = HashSource.Header, Name = "a\r\nb", Load = 100 },
                Affinity = new AffinityPolicy { Key = "short" },
                MaxConnections = 0,
                Retries = new RetryPolicy { Attempts = 0 },
                Breaker = new BreakerPolicy { Failures = 0 },
                Health = new HealthPolicy { Path = "/a b", StatusFrom = 500, StatusTo = 200 },
            },
        }));
        wrong.Diagnostics.Select(d => d.Key!.Replace("routes[0].policy.", "", StringComparison.Ordinal))
            .ShouldBe(["balance.name", "balance.load", "affinity", "affinity.key", "maxConnections", "retries", "breaker", "health.path", "health.status"]);
    }

    async Task<Dictionary<int, string>> Keys(HashSource source)
    {
        var answers = new Dictionary<int, string>();
        for (var i = 0; i < 40; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, source == HashSource.Path ? $"/p{i}?q={Guid.NewGuid()}" : "/");
            if (source == HashSource.Header) request.Headers.Add("X-User", $"user-{i}");
            if (source == HashSource.Cookie) request.Headers.Add("Cookie", $"xsid=1; a=b; sid=user-{i}; z={Guid.NewGuid():N}");
            using var answer = await _client.SendAsync(request, Cancel);
            answers[i] = await answer.Content.ReadAsStringAsync(Cancel);
        }
        return answers;
    }
}
