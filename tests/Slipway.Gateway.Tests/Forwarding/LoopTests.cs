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
}
