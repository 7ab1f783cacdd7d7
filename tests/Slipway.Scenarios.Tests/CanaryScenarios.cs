using Slipway.Scenarios.Tests.ZeroLoss;

namespace Slipway.Scenarios.Tests;

/// <summary>A new version gets a part of the requests, and more step by step, while people use the app.</summary>
public sealed class CanaryScenarios(SlipwayProcess slipway)
{
    const string Judge = "judge: {window: 4s, every: 1s, min-requests: 10, checks: [{errors: 1%, vs-stable: +0.5pp}, {p99: 20s}, {restarts: 0}]}";

    [Fact]
    public async Task Canary_GoodVersion_GoesThroughItsStepsWithoutAFailure()
    {
        using var app = Canary("[{weight: 20%, for: 2s}, {weight: 50%, for: 2s}, {approve: true}, {weight: 100%, bake: 3s}]");
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app, strangers: true);
        await visitors.More(50);

        var deploy = await slipway.Deploy(app.Become("2"));
        deploy.ExitCode.ShouldBe(0, deploy.All + slipway.Logs());
        deploy.Output.ShouldContain("step 1 of 4: 20% of the requests");
        deploy.Output.ShouldContain("v2 gets 50% of the requests and waits for an approval");

        visitors.ForgetVersions();
        await visitors.More(200);
        visitors.Versions.Keys.ShouldBe(["1", "2"], ignoreOrder: true);
        await PersonStays(app);

        (await slipway.Do("promote", app.Name)).Output.ShouldContain("step 4 of 4 with 100%");
        var watch = await slipway.Do("watch", app.Name);
        watch.Output.ShouldContain("judge: pass");
        watch.Output.ShouldEndWith($"✔ {app.Name} v2 done\n");

        visitors.ForgetVersions();
        await visitors.More(200);
        visitors.Versions.Keys.ShouldBe(["2"]);
        (await slipway.Get($"apps/{app.Name}"))["slots"]!.AsObject().Count.ShouldBe(2, "the old version is kept warm");
        await slipway.Do("rollback", app.Name);
        await visitors.More(100);
        visitors.ForgetVersions();
        await visitors.More(100);
        visitors.Versions.Keys.ShouldBe(["1"]);
        await visitors.Leave();
        visitors.NobodyFailed();

        var story = (await slipway.Do("release", "show", app.Name, "2")).Output;
        story.ShouldContain("approved by admin");
        story.ShouldContain("WINDOW");
    }

    [Fact]
    public async Task Canary_VersionThatAnswers500_IsRolledBackByTheJudge()
    {
        using var app = Canary("[{weight: 20%, for: 60s}, {weight: 100%, bake: 60s}]");
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app, strangers: true);
        await visitors.More(50);

        var deploy = await slipway.Deploy(app.Become("3", ready: "sick"));

        deploy.ExitCode.ShouldBe(1, deploy.All);
        deploy.Errors.ShouldContain("rolled back. v1 stays live");
        deploy.Errors.ShouldMatch("errors 100% against 0% of v1 in the same window \\(limit 1%\\), 2 of [234] windows");
        (await slipway.Do("release", "show", app.Name)).Output.ShouldContain("why      errors 100% against 0% of v1");
        await visitors.More(50);
        var failed = visitors.Failures.Count;
        visitors.ForgetVersions();
        await visitors.More(200);
        visitors.Versions.Keys.ShouldBe(["1"]);
        visitors.Failures.Count.ShouldBe(failed, "nobody sees the bad version any more");
        visitors.Failures.ShouldAllBe(failure => failure.Contains("500 sick"));
    }

    [Fact]
    public async Task Canary_ServerKilledInEveryStep_GoesOnAndServingNeverStops()
    {
        await using var own = new SlipwayProcess();
        await own.InitializeAsync();
        using var app = Canary("[{weight: 20%, for: 3s}, {weight: 60%, for: 3s}, {weight: 100%, bake: 3s}]");
        await own.Deployed(app);
        await using var load = new MixedLoad(own, app);
        await load.Round();

        var deploy = own.Deploy(app.Become("2"));
        for (var step = 0; step < 3; step++)
        {
            await SlipwayProcess.Until(async () => (await own.Get($"apps/{app.Name}"))["rollout"] is { } rollout
                && rollout["step"]!.GetValue<int>() == step && rollout["canary"]?["settled"] is not null, $"step {step} is served by");
            own.Kill("server");
        }

        var result = await deploy;
        result.ExitCode.ShouldBe(0, $"{result.All}\n{own.Logs()}");
        load.ForgetVersions();
        await load.Round();
        load.ForgetVersions();
        await load.Round();
        load.Versions.Keys.ShouldBe(["2"]);
        await load.Leave();
        load.NobodyFailed();
        var rollouts = await own.List($"apps/{app.Name}/rollouts");
        rollouts[0]!["canary"]!["history"]!.AsArray().Select(step => step!["end"]!.GetValue<string>()).ShouldBe(["passed", "passed", "passed"]);
    }

    static TestApp Canary(string steps) => new TestApp("canary").With($"steps: {steps}", Judge);

    /// <summary>Who keeps the gateway's cookie meets one version; ten people meet both.</summary>
    async Task PersonStays(TestApp app)
    {
        for (var person = 0; person < 10; person++)
        {
            using var browser = slipway.Visitor();
            var versions = new HashSet<string>();
            for (var i = 0; i < 10; i++) versions.Add(await browser.GetStringAsync(new Uri($"http://{app.Host}/")));
            versions.Count.ShouldBe(1);
        }
    }
}
