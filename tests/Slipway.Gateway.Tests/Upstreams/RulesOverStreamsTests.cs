using System.Net;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Upstreams;

/// <summary>What routes do about instances holds where these speak HTTP/2 too.</summary>
public sealed class RulesOverStreamsTests
{
    static readonly UpstreamProtocol H2c = new() { Scheme = UpstreamScheme.H2c };

    [Fact]
    public async Task Retries_StatusOfTheRule_IsAskedElsewhere()
    {
        var asked = 0;
        await using var ill = await GrpcBackend.Start("ill", other: async context =>
        {
            Interlocked.Increment(ref asked);
            (context.Response.StatusCode, context.Response.Headers["X-Bad"]) = (503, "1");
            await context.Response.Body.WriteAsync(new byte[100]);
        });
        await using var well = await GrpcBackend.Start("well", other: context => context.Response.Body.WriteAsync("well"u8.ToArray()).AsTask());
        await using var gateway = await Start();
        await gateway.Publish((Routes.To(ill, well) with { Policy = new RoutePolicy { Retries = new RetryPolicy { Budget = 100 } } }).Speaking(H2c));
        using var client = gateway.Client();

        for (var i = 0; i < 10; i++)
        {
            using var answer = await client.GetAsync("/", Cancel);
            (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe((HttpStatusCode.OK, "well"));
            answer.Headers.Contains("X-Bad").ShouldBeFalse();
        }

        asked.ShouldBeGreaterThan(0);
        await gateway.IsIdle("ill");
        await gateway.IsIdle("well");
    }

    [Fact]
    public async Task Health_IsAskedInTheInstancesProtocol()
    {
        string? seen = null;
        var status = 503;
        await using var instance = await GrpcBackend.Start("g", other: context =>
        {
            if (context.Request.Path == "/healthz") (seen, context.Response.StatusCode) = ($"{context.Request.Protocol} {context.Request.Host}", status);
            return Task.CompletedTask;
        });
        await using var gateway = await Start();
        var policy = new RoutePolicy { Health = new HealthPolicy { Path = "/healthz", Every = TimeSpan.FromMilliseconds(100), Timeout = TimeSpan.FromSeconds(5), Fails = 1, Passes = 1 } };
        await gateway.Publish((Routes.To(instance) with { Policy = policy }).Speaking(H2c));

        await Eventually.Holds(async () => (await gateway.Instance("g"))!.Unhealthy is not null);

        (await gateway.Instance("g"))!.Unhealthy.ShouldBe("GET /healthz was answered 503");
        seen.ShouldBe("HTTP/2 app.test");
        status = 200;
        await Eventually.Holds(async () => (await gateway.Instance("g"))!.Unhealthy is null);
    }
}
