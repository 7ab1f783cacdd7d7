namespace Slipway.Scenarios.Tests;

/// <summary>Two versions side by side: some people see the new one, until somebody decides.</summary>
public sealed class ExperimentScenarios(SlipwayProcess slipway)
{
    [Fact]
    public async Task ByMatch_MatchedRequestsSeeTheNewVersionAndOthersTheOldOne_UntilThePromote()
    {
        using var app = Experiment("match: [{header: {X-Preview: \"1\"}}]", "ab: {goals: [{path: /}]}");
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app, strangers: true);
        await visitors.More(50);

        var deploy = await slipway.Deploy(app.Become("2"));
        deploy.ExitCode.ShouldBe(0, deploy.All + slipway.Logs());
        deploy.Output.ShouldContain($"The experiment has begun: {app.Name} v2 beside v1.");

        using var tester = slipway.Visitor();
        tester.DefaultRequestHeaders.Add("X-Preview", "1");
        visitors.ForgetVersions();
        for (var i = 0; i < 50; i++) (await tester.GetStringAsync(new Uri($"http://{app.Host}/"))).ShouldBe("2");
        await visitors.More(200);
        visitors.Versions.Keys.ShouldBe(["1"]);
        (await slipway.Try("pause", app.Name)).Errors.ShouldContain("can't be paused");

        await slipway.Do("promote", app.Name);
        visitors.ForgetVersions();
        await visitors.More(100);
        visitors.ForgetVersions();
        await visitors.More(100);
        visitors.Versions.Keys.ShouldBe(["2"]);
        await visitors.Leave();
        visitors.NobodyFailed();
        var story = (await slipway.Do("release", "show", app.Name, "2")).Output;
        story.ShouldContain("promoted by admin");
        story.ShouldContain("experiment  ");
    }

    [Fact]
    public async Task Share_WhenItsTimeIsOver_HoldsAndGoesBackWithoutAFailure()
    {
        using var app = Experiment("judge: {window: 4s, every: 1s, min-requests: 10, checks: [{errors: 1%}]}", "ab: {share: 50%, for: 1m, goals: [{path: /}]}");
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app, count: 6, strangers: true);
        (await slipway.Deploy(app.Become("2"))).ExitCode.ShouldBe(0);
        visitors.ForgetVersions();
        await visitors.More(200);
        visitors.Versions.Keys.ShouldBe(["1", "2"], ignoreOrder: true);
        await SlipwayProcess.Until(async () => (await slipway.Get($"apps/{app.Name}"))["rollout"]?["canary"]?["hold"]?.GetValue<string>() == "ended", "the experiment is over", seconds: 120);

        var rollout = (await slipway.Get($"apps/{app.Name}"))["rollout"]!["id"]!.GetValue<long>();
        var results = (await slipway.Get($"rollouts/{rollout}/canary"))["experiment"]!;
        foreach (var arm in (string[])["new", "stable"]) results[arm]!["requests"]!.GetValue<long>().ShouldBeGreaterThan(100);
        results["goals"]![0]!["newRate"]!.GetValue<double>().ShouldBeGreaterThan(0.9);
        (await slipway.Do("abort", app.Name)).Output.ShouldContain("v1 stays live");
        visitors.ForgetVersions();
        await visitors.More(100);
        visitors.Versions.Keys.ShouldBe(["1"]);
        await visitors.Leave();
        visitors.NobodyFailed();
    }

    static TestApp Experiment(params string[] keys) => new TestApp("ab").With(keys);
}
