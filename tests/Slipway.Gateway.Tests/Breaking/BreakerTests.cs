using System.Net;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Breaking;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Breaking;

public sealed class BreakerTests
{
    static readonly BreakerPolicy Policy = new() { Failures = 50, MinRequests = 4, Window = TimeSpan.FromSeconds(10), Open = TimeSpan.FromSeconds(5) };

    long _now = 1_000_000;

    Breaker Make() => new(Policy, () => _now);

    static void Run(Breaker breaker, params bool?[] failures)
    {
        foreach (var failed in failures)
        {
            breaker.Enter(out var pass).ShouldBeNull();
            breaker.Leave(pass, failed);
        }
    }

    [Fact]
    public void Breaker_TooManyFail_OpensAndSaysUntilWhen()
    {
        var breaker = Make();
        Run(breaker, true, true, true);
        breaker.Read().State.ShouldBe(BreakerState.Closed, "fewer than min-requests");
        Run(breaker, true);
        breaker.Read().ShouldBe((BreakerState.Open, 1, 0));
        _now += 1000;
        breaker.Enter(out _).ShouldBe(4);
        breaker.Read().Refused.ShouldBe(1);
    }

    [Fact]
    public void Breaker_FewerThanTheShareFail_StaysClosed()
    {
        var breaker = Make();
        for (var i = 0; i < 50; i++) Run(breaker, false, false, true);
        breaker.Read().State.ShouldBe(BreakerState.Closed);
    }

    [Fact]
    public void Breaker_FailuresOutOfTheWindow_AreForgotten()
    {
        var breaker = Make();
        Run(breaker, true, true, true);
        _now += 10_000;
        Run(breaker, true);
        breaker.Read().State.ShouldBe(BreakerState.Closed);
    }

    [Fact]
    public void Breaker_HalfOpen_LetsAFewThrough_AndClosesWhenTheyPass()
    {
        var breaker = Open();
        var passes = new List<int>();
        for (var i = 0; i < 3; i++)
        {
            breaker.Enter(out var pass).ShouldBeNull();
            passes.Add(pass);
        }
        breaker.Enter(out _).ShouldBe(1);
        breaker.Leave(passes[0], false);
        breaker.Leave(passes[1], false);
        breaker.Read().State.ShouldBe(BreakerState.HalfOpen);
        breaker.Leave(passes[2], false);
        breaker.Read().State.ShouldBe(BreakerState.Closed);
    }

    [Fact]
    public void Breaker_HalfOpenAndOneFails_IsOpenAgain()
    {
        var breaker = Open();
        Run(breaker, false, true);
        breaker.Read().ShouldBe((BreakerState.Open, 2, 0));
    }

    [Fact]
    public void Breaker_ClientOfAProbeLeaves_AnotherOneMayTry()
    {
        var breaker = Open();
        Run(breaker, null, null, null, null, null, false, false, false);
        breaker.Read().State.ShouldBe(BreakerState.Closed);
    }

    [Fact]
    public void Breaker_ResultOfBeforeItOpened_IsNotHeard()
    {
        var breaker = Make();
        breaker.Enter(out var early).ShouldBeNull();
        Run(breaker, true, true, true, true);
        _now += 5000;
        breaker.Enter(out _).ShouldBeNull();
        breaker.Leave(early, true);
        breaker.Read().State.ShouldBe(BreakerState.HalfOpen);
    }

    [Fact]
    public void Breaker_ProbesThatLast_DontHoldItHalfOpen()
    {
        var breaker = Open();
        for (var i = 0; i < 3; i++) breaker.Enter(out _).ShouldBeNull();
        breaker.Enter(out _).ShouldNotBeNull();
        _now += 5000;
        breaker.Enter(out _).ShouldBeNull();
    }

    [Fact]
    public async Task Service_ThatFails_IsGivenARest_AndComesBack()
    {
        var (bad, asked) = (true, 0);
        await using var backend = await Backend.Start("a", context =>
        {
            Interlocked.Increment(ref asked);
            context.Response.StatusCode = Volatile.Read(ref bad) ? 500 : 200;
            return Task.CompletedTask;
        });
        await using var gateway = await Start();
        var route = Routes.To(backend) with { Policy = new RoutePolicy { Breaker = new BreakerPolicy { MinRequests = 5, Open = TimeSpan.FromSeconds(1) } } };
        await gateway.Publish(route);
        using var client = gateway.Client();

        for (var i = 0; i < 5; i++) (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.InternalServerError);
        // Another table finds it open.
        await gateway.Publish(route, Routes.To("other.test", backend));
        using var refused = await client.GetAsync("/", Cancel);

        (refused.StatusCode, refused.Headers.GetValues("X-Slipway-Error").Single()).ShouldBe((HttpStatusCode.ServiceUnavailable, "breaker"));
        refused.Headers.RetryAfter.ShouldNotBeNull();
        asked.ShouldBe(5);
        var report = await gateway.Control.Report(Cancel);
        report.Breakers.Single().ShouldSatisfyAllConditions(b => b.State.ShouldBe("open"), b => b.Opened.ShouldBe(1), b => b.Refused.ShouldBe(1));
        var traffic = report.Releases.Single(r => r.App.Value == "shop");
        (traffic.Requests, traffic.Failed, traffic.ByClass[5]).ShouldBe((6, 1, 5));
        report.Instances.ShouldAllBe(i => i.InFlight == 0);
        Volatile.Write(ref bad, false);
        await Eventually.Holds(async () => (await client.GetAsync("/", Cancel)).IsSuccessStatusCode && (await gateway.Control.Report(Cancel)).Breakers.Single().State == "closed");
    }

    Breaker Open()
    {
        var breaker = Make();
        Run(breaker, true, true, true, true);
        _now += 5000;
        return breaker;
    }
}
