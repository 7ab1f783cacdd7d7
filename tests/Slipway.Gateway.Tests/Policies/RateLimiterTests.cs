using System.Net;
using Slipway.Gateway.Policies;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Policies;

public sealed class RateLimiterTests
{
    /// <summary>Against a bucket that is written down plainly, over random settings, clients and pauses.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Take_RandomWalk_IsATokenBucket(int seed)
    {
        var random = new Random(seed);
        for (var run = 0; run < 50; run++)
        {
            // Whole ticks for each token, so that the plain bucket has no rounding.
            var (requests, burst, interval) = (random.Next(1, 20), random.Next(1, 10), random.Next(1, 50));
            long now = 1_000_000;
            var limiter = new RateLimiter(requests, TimeSpan.FromMilliseconds(requests * interval), burst, places: 1 << 10, clock: () => now, frequency: 1000);
            // By client: tokens in units of ticks.
            var buckets = new Dictionary<ulong, (long Tokens, long At)>();
            for (var step = 0; step < 500; step++)
            {
                now += random.Next(0, interval * 2);
                var key = (ulong)random.Next(1, 5);
                var (tokens, at) = buckets.TryGetValue(key, out var known) ? known : (burst * (long)interval, now);
                tokens = Math.Min(burst * (long)interval, tokens + (now - at));
                var isFree = tokens >= interval;
                buckets[key] = (isFree ? tokens - interval : tokens, now);

                var wait = limiter.Take(key);

                (wait == 0).ShouldBe(isFree, $"run {run}, step {step}, client {key}");
                if (wait == 0) continue;
                // After the time that was named there is a token.
                var asked = now;
                now += wait * 1000L;
                var copy = Math.Min(burst * (long)interval, buckets[key].Tokens + (now - asked));
                copy.ShouldBeGreaterThanOrEqualTo(interval);
                now = asked;
            }
        }
    }

    [Fact]
    public void Take_MoreClientsThanPlaces_ForgetsThoseWithTheFullestBucket()
    {
        long now = 1_000_000;
        var limiter = new RateLimiter(1, TimeSpan.FromSeconds(1000), 10, places: 4, clock: () => now, frequency: 1000);
        for (var i = 0; i < 10; i++) limiter.Take(4).ShouldBe(0);
        limiter.Take(4).ShouldBeGreaterThan(0);

        for (ulong client = 8; client < 4000; client += 4) limiter.Take(client).ShouldBe(0);

        limiter.Take(4).ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Rate_ByAddress_Answers429WithRetryAfter_AndLastsOverTables()
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start();
        var route = Routes.To(backend) with { Policy = new RoutePolicy { Rate = new RateLimit { Requests = 1, Per = TimeSpan.FromHours(1), Burst = 3 } } };
        await gateway.Publish(route);
        using var client = gateway.Client();

        for (var i = 0; i < 3; i++) (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        var refused = await client.GetAsync("/", Cancel);
        refused.StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        refused.Headers.RetryAfter!.Delta!.Value.TotalMinutes.ShouldBeInRange(50, 60);
        refused.Headers.GetValues("X-Slipway-Error").ShouldBe(["rate"]);

        await gateway.Publish(route, Routes.To("other.test", backend));
        (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.TooManyRequests);
        (await gateway.Client("other.test").GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.OK);
        await gateway.IsIdle("one");
    }

    [Fact]
    public async Task Rate_ByHeader_IsEachValuesOwn()
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend) with { Policy = new RoutePolicy { Rate = new RateLimit { Requests = 1, Per = TimeSpan.FromHours(1), Burst = 1, Header = "X-Api-Key" } } });

        async Task<int> Ask(string? key)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            if (key is not null) request.Headers.Add("X-Api-Key", key);
            return (int)(await gateway.Client().SendAsync(request, Cancel)).StatusCode;
        }

        (await Ask("a")).ShouldBe(200);
        (await Ask("a")).ShouldBe(429);
        (await Ask("b")).ShouldBe(200);
        (await Ask(null)).ShouldBe(200);
        (await Ask(null)).ShouldBe(429);
    }

    [Fact]
    public async Task Rate_BehindATrustedProxy_IsEachClientsOwn_OfIPv6EachNetworks()
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start(change: o => o with { TrustedProxies = ["127.0.0.1"] });
        await gateway.Publish(Routes.To(backend) with { Policy = new RoutePolicy { Rate = new RateLimit { Requests = 1, Per = TimeSpan.FromHours(1), Burst = 1 } } });

        async Task<int> Ask(string client)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, "/");
            request.Headers.Add("X-Forwarded-For", client);
            return (int)(await gateway.Client().SendAsync(request, Cancel)).StatusCode;
        }

        (await Ask("9.9.9.9")).ShouldBe(200);
        (await Ask("1.2.3.4, 9.9.9.9")).ShouldBe(429);
        (await Ask("9.9.9.8")).ShouldBe(200);
        (await Ask("2001:db8:0:1::1")).ShouldBe(200);
        (await Ask("2001:db8:0:1:ffff::2")).ShouldBe(429);
        (await Ask("2001:db8:0:2::1")).ShouldBe(200);
    }
}
