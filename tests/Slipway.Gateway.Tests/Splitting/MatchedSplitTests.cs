using System.Net;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Splitting;

/// <summary>Requests that see the new release because a match names them.</summary>
public sealed class MatchedSplitTests() : TwoReleases("next")
{
    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(5000)]
    [InlineData(10000)]
    public async Task Matched_WhateverTheWeight_SeesTheNewReleaseWithoutACookie(int weight)
    {
        await Gateway.Publish(Route(weight));
        for (var i = 0; i < 50; i++)
        {
            using var answer = await Ask(tester: true);
            (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("next");
            answer.Headers.Contains("Set-Cookie").ShouldBeFalse();
        }
    }

    [Fact]
    public async Task Others_AtWeightZero_NeverSeeIt()
    {
        await Gateway.Publish(Route(0));
        for (var i = 0; i < 50; i++)
        {
            using var answer = await Ask(tester: false);
            (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("stable");
            answer.Headers.Contains("Set-Cookie").ShouldBeFalse("there is nothing to decide");
        }
    }

    [Fact]
    public async Task Others_AtWeightZeroWithoutAStableInstance_GetAnErrorAndNotTheUnseenRelease()
    {
        await Gateway.Publish(Route(0));
        await Stable.Stop();
        using (var refused = await Ask(tester: false)) refused.StatusCode.ShouldBe(HttpStatusCode.BadGateway);

        await Gateway.Publish(Route(0) with { Destinations = [Routes.To(2, 0, Next)] });
        using (var none = await Ask(tester: false)) none.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        using var tester = await Ask(tester: true);
        (await tester.Content.ReadAsStringAsync(Cancel)).ShouldBe("next");
    }

    [Fact]
    public async Task Matched_WhereTheNewReleaseHasNoInstanceThatAnswers_IsServedByTheStableOne()
    {
        await Gateway.Publish(Route(0));
        await Next.Stop();
        using var answer = await Ask(tester: true);
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("stable");
    }

    [Fact]
    public async Task Matched_Requests_AreCountedForThemselves()
    {
        await Gateway.Publish(Route(5000));
        for (var i = 0; i < 7; i++) (await Ask(tester: true)).Dispose();
        for (var i = 0; i < 40; i++) (await Ask(tester: false)).Dispose();
        var counted = (await Gateway.Control.Report(Cancel)).Releases;
        counted.Single(r => r is { Release: 2, IsMatched: true }).Requests.ShouldBe(7);
        counted.Where(r => !r.IsMatched).Sum(r => r.Requests).ShouldBe(40);
    }

    [Fact]
    public async Task Match_ThatCantBeCompared_IsRefused()
    {
        var route = Route(0);
        var refused = await Should.ThrowAsync<InvalidInputException>(() => Gateway.Publish(route with { Split = route.Split! with { Match = [new RequestMatch()] } }));
        refused.Diagnostics.ShouldHaveSingleItem().Key.ShouldBe("routes[0].split.match[0]");
    }

    Route Route(int weight) => Routes.To() with
    {
        Destinations = [Routes.To(1, 10000 - weight, Stable), Routes.To(2, weight, Next)],
        Split = new RouteSplit { Release = 2, Sticky = StickyKind.User, Key = Key, Match = [new RequestMatch { Headers = [new ValueCondition { Name = "X-Preview", Value = "1" }] }] },
    };

    async Task<HttpResponseMessage> Ask(bool tester)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/");
        if (tester) request.Headers.Add("X-Preview", "1");
        return await Client.SendAsync(request, Cancel);
    }
}
