using System.Globalization;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Splitting;

public sealed class GoalTests
{
    static readonly string Key = Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray());

    [Fact]
    public async Task Goals_Reached_AreCountedForTheReleaseThatAnswered()
    {
        await using var stable = await Answering("stable");
        await using var next = await Answering("next");
        await using var gateway = await Start();
        RequestMatch preview = new() { Headers = [new ValueCondition { Name = "X-Preview", Value = "1" }] };
        await gateway.Publish(Routes.To() with
        {
            Destinations = [Routes.To(1, 10000, stable), Routes.To(2, 0, next)],
            Split = new RouteSplit
            {
                Release = 2,
                Sticky = StickyKind.None,
                Key = Key,
                Match = [preview],
                Goals =
                [
                    new GoalPolicy { Name = "/thanks", Request = new RequestMatch { Path = "/thanks" } },
                    new GoalPolicy { Name = "order", Request = new RequestMatch { Path = "/order", Methods = ["POST"] }, Statuses = [new StatusRange(201, 201)] },
                ],
            },
        });
        using var client = gateway.Client();
        (string Method, string Target, bool IsTester, int Times)[] asked =
        [
            ("GET", "/thanks?status=200", true, 3), ("GET", "/thanks/x?status=302", true, 1), ("GET", "/thanks?status=404", true, 5), ("GET", "/thanks?status=500", true, 5),
            ("GET", "/thanksgiving?status=200", true, 5), ("POST", "/order?status=201", true, 2), ("POST", "/order?status=200", true, 5), ("GET", "/order?status=201", true, 5),
            ("GET", "/thanks?status=200", false, 7),
        ];
        foreach (var (method, target, isTester, times) in asked)
            for (var i = 0; i < times; i++)
            {
                using var request = new HttpRequestMessage(new HttpMethod(method), target);
                if (isTester) request.Headers.Add("X-Preview", "1");
                (await client.SendAsync(request, Cancel)).Dispose();
            }

        var counted = (await gateway.Control.Report(Cancel)).Releases;
        counted.Single(r => r is { Release: 2, IsMatched: true }).Goals.ShouldBe(new Dictionary<string, long> { ["/thanks"] = 4, ["order"] = 2 }, ignoreOrder: true);
        counted.Single(r => r is { Release: 1 }).Goals.ShouldBe(new Dictionary<string, long> { ["/thanks"] = 7 });
        counted.Single(r => r is { Release: 2, IsMatched: false }).Goals.ShouldBeNull();
    }

    [Fact]
    public async Task Users_AreInOneGroupEach_AndGroupsAddUpToAllRequests()
    {
        await using var stable = await Answering("stable");
        await using var next = await Answering("next");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To() with
        {
            Destinations = [Routes.To(1, 5000, stable), Routes.To(2, 5000, next)],
            Split = new RouteSplit { Release = 2, Sticky = StickyKind.User, Key = Key, Goals = [new GoalPolicy { Name = "/thanks", Request = new RequestMatch { Path = "/thanks" } }] },
        });
        using var client = gateway.Client();
        // One person who comes back with his cookie, and thirty who are new.
        using var first = await client.GetAsync("/?status=200", Cancel);
        var cookie = first.Headers.GetValues("Set-Cookie").Single().Split(';')[0];
        for (var i = 0; i < 40; i++)
        {
            using var again = new HttpRequestMessage(HttpMethod.Get, i < 10 ? "/thanks?status=200" : "/?status=500");
            again.Headers.Add("Cookie", cookie);
            (await client.SendAsync(again, Cancel)).Dispose();
        }
        for (var i = 0; i < 30; i++) (await client.GetAsync("/thanks?status=200", Cancel)).Dispose();

        var counted = (await gateway.Control.Report(Cancel)).Releases.Where(r => !r.IsMatched).ToList();

        counted.Sum(r => r.Groups!.Requests.Sum()).ShouldBe(71);
        counted.ShouldAllBe(r => r.Groups!.Requests.Sum() == r.Requests && r.Groups.Requests.Count == UserGroups.Count);
        var his = counted.MaxBy(r => r.Groups!.Requests.Max())!.Groups!;
        var group = his.Requests.ToList().IndexOf(his.Requests.Max());
        his.Requests[group].ShouldBeGreaterThanOrEqualTo(41);
        his.Goals["/thanks"][group].ShouldBeInRange(10, 20);
        counted.Sum(r => r.Groups!.Requests.Count(requests => requests > 0)).ShouldBeGreaterThan(10, "the others are spread");
        counted.Sum(r => r.Goals!["/thanks"]).ShouldBe(40);
    }

    [Fact]
    public async Task Goal_ThatCantBeReached_IsRefused()
    {
        await using var stable = await Answering("stable");
        await using var gateway = await Start();
        var refused = await Should.ThrowAsync<InvalidInputException>(() => gateway.Publish(Routes.To(stable) with
        {
            Split = new RouteSplit
            {
                Release = 2,
                Sticky = StickyKind.None,
                Key = Key,
                Goals = [new GoalPolicy { Name = "a", Request = new RequestMatch() }, new GoalPolicy { Name = "b", Request = new RequestMatch { Path = "/b" }, Statuses = [new StatusRange(300, 200)] }],
            },
        }));
        refused.Diagnostics.Select(d => d.Key).ShouldBe(["routes[0].split.goals[0].request", "routes[0].split.goals[1].statuses"]);
    }

    static Task<Backend> Answering(string name) => Backend.Start(name, context =>
    {
        context.Response.StatusCode = int.Parse(context.Request.Query["status"]!, CultureInfo.InvariantCulture);
        return Task.CompletedTask;
    });
}
