namespace Slipway.Scenarios.Tests;

/// <summary>Versions are replaced while people use them.</summary>
public sealed class ReleaseScenarios(SlipwayProcess slipway)
{
    [Fact]
    public async Task BlueGreen_DeployPromoteRollback_NobodyNoticesButTheVersion()
    {
        using var app = new TestApp("blue-green");
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app);
        await visitors.More(100);

        await slipway.Deployed(app.Become("2"));
        visitors.Versions.Keys.ShouldBe(["1"], "the staged version must be unseen");
        (await Preview(app)).ShouldBe("2");

        await slipway.Do("promote", app.Name);
        visitors.ForgetVersions();
        await visitors.More(200);
        // A request of 0.3 s that began before the switch may still have been answered by version 1 after it; a later one may not.
        visitors.ForgetVersions();
        await visitors.More(200);
        visitors.Versions.Keys.ShouldBe(["2"]);

        await slipway.Do("rollback", app.Name);
        await visitors.More(100);
        visitors.ForgetVersions();
        await visitors.More(200);
        visitors.Versions.Keys.ShouldBe(["1"]);

        await visitors.Leave();
        visitors.NobodyFailed();
    }

    [Fact]
    public async Task BlueGreen_Rollback_StartsNothing()
    {
        using var app = new TestApp("blue-green");
        await slipway.Deployed(app);
        await slipway.Deployed(app.Become("2"), "--promote");
        var before = await Instances(app);
        before.Count.ShouldBe(2, "the live one and the warm one");

        await slipway.Do("rollback", app.Name);

        (await Instances(app)).ShouldBe(before, ignoreOrder: true);
    }

    [Fact]
    public async Task Recreate_StopsTheOldOneFirst()
    {
        using var app = new TestApp("recreate");
        await slipway.Deployed(app);
        await slipway.Deployed(app.Become("2"));

        (await Answer(app)).ShouldBe("2");
        (await Instances(app)).Count.ShouldBe(1);
    }

    [Theory]
    [InlineData("rolling", "never", "ready")]
    [InlineData("blue-green", "crash", "no configuration found")]
    public async Task Deploy_VersionThatNeverBecomesReady_FailsWithItsLogAndLeavesTheLiveOneAlone(string strategy, string ready, string said)
    {
        using var app = new TestApp(strategy);
        await slipway.Deployed(app);
        var before = await Instances(app);
        await using var visitors = new Visitors(slipway, app);

        app.Become("2", ready).Compose = File.ReadAllText(Path.Combine(app.Folder, "compose.yaml")).Replace("within: 60s", "within: 3s", StringComparison.Ordinal);
        var deploy = await slipway.Deploy(app);

        deploy.ExitCode.ShouldBe(1, deploy.All);
        deploy.All.ShouldContain(said);
        await visitors.More(50);
        await visitors.Leave();
        visitors.NobodyFailed();
        visitors.Versions.Keys.ShouldBe(["1"]);
        (await Instances(app)).ShouldBe(before, "the live instances are untouched, and nothing of the failed ones is left");
    }

    [Fact]
    public async Task Deploy_NothingChanged_MakesNoNewRelease()
    {
        using var app = new TestApp("rolling");
        await slipway.Deployed(app);
        var before = await Instances(app);

        var again = await slipway.Deploy(app);

        again.ExitCode.ShouldBe(0, again.All);
        again.All.ShouldContain("nothing changed", Case.Insensitive);
        (await slipway.List($"apps/{app.Name}/releases")).Count.ShouldBe(1);
        (await Instances(app)).ShouldBe(before);
    }

    [Fact]
    public async Task Deploy_TwiceAtOnce_OneRunsAndTheOtherIsToldSo()
    {
        using var app = new TestApp("rolling");
        await slipway.Deployed(app);
        app.Become("2");

        var both = await Task.WhenAll(slipway.Deploy(app), slipway.Deploy(app), slipway.Deploy(app));

        both.Count(result => result.ExitCode == 0).ShouldBeGreaterThanOrEqualTo(1, string.Join("\n----\n", both.Select(b => b.All)));
        foreach (var refused in both.Where(result => result.ExitCode != 0)) refused.All.ShouldContain("rollout", Case.Insensitive);
        (await Answer(app)).ShouldBe("2");
        (await Instances(app)).Count.ShouldBe(1);
        (await slipway.List($"apps/{app.Name}/releases")).Count.ShouldBe(2);
    }

    [Fact]
    public async Task Deploy_HostOfAnotherApp_IsRefusedAndNamesIt()
    {
        using var first = new TestApp("rolling");
        await slipway.Deployed(first);
        using var second = new TestApp("rolling");
        second.Compose = File.ReadAllText(Path.Combine(second.Folder, "compose.yaml")).Replace("port: 5000", $"port: 5000\n      host: {first.Host}", StringComparison.Ordinal);

        var deploy = await slipway.Deploy(second);

        deploy.ExitCode.ShouldNotBe(0);
        deploy.All.ShouldContain(first.Host);
        deploy.All.ShouldContain(first.Name);
        (await Answer(first)).ShouldBe("1");
    }

    [Fact]
    public async Task Deploy_AppOfAnotherSlipwayOnTheSameEngine_IsLeftAlone()
    {
        using var app = new TestApp("rolling");
        await slipway.Deployed(app);
        await using var other = new SlipwayProcess();
        await other.InitializeAsync();

        var deploy = await other.Try("deploy", app.Folder, "--app", app.Name);

        deploy.ExitCode.ShouldBe(1, deploy.All);
        deploy.All.ShouldContain("another Slipway");
        (await Answer(app)).ShouldBe("1");
    }

    [Fact]
    public async Task Deploy_DockerfileThatFails_ShowsTheStepAndItsOutput()
    {
        using var app = new TestApp("rolling");
        File.AppendAllText(Path.Combine(app.Folder, "Dockerfile"), "RUN echo the disk of this build has no such file && false\n");

        var deploy = await slipway.Deploy(app);

        deploy.ExitCode.ShouldBe(1);
        deploy.All.ShouldContain("the disk of this build has no such file");
        deploy.All.ShouldContain("RUN echo");
    }

    [Fact]
    public async Task Scale_UpAndDownUnderLoad_LosesNothing()
    {
        using var app = new TestApp("rolling");
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app);
        await visitors.More(50);

        await slipway.Do("scale", $"{app.Name}/web=4");
        await SlipwayProcess.Until(async () => (await slipway.Get($"apps/{app.Name}"))["services"]![0]!["ready"]!.GetValue<int>() == 4, "four ready instances");
        await visitors.More(100);
        await slipway.Do("scale", $"{app.Name}/web=1");
        await SlipwayProcess.Until(async () => (await Instances(app)).Count == 1, "one instance");
        await visitors.More(50);

        await visitors.Leave();
        visitors.NobodyFailed();
    }

    [Fact]
    public async Task Logs_OfAnApp_ShowWhatItsInstancesWrote()
    {
        using var app = new TestApp("rolling");
        await slipway.Deployed(app);

        (await slipway.Do("logs", app.Name)).Output.ShouldContain("version 1 listens");
    }

    async Task<string> Answer(TestApp app)
    {
        using var visitor = slipway.Visitor();
        return await visitor.GetStringAsync($"http://{app.Host}/");
    }

    async Task<string> Preview(TestApp app)
    {
        using var visitor = slipway.Visitor();
        return await visitor.GetStringAsync($"http://preview.{app.Host}/");
    }

    /// <summary>Identifiers and start times: equal means that nothing was started anew.</summary>
    async Task<IReadOnlyList<string>> Instances(TestApp app) =>
        [.. (await slipway.List($"apps/{app.Name}/instances")).Select(i => $"{i!["id"]} {i["started"]}").Order()];
}
