namespace Slipway.Scenarios.Tests;

/// <summary>Slipway itself is killed, and what it serves does not notice.</summary>
public sealed class CrashScenarios
{
    [Fact]
    public async Task Server_KilledAtTwentyMomentsOfRollouts_FinishesThemAndServingNeverStops()
    {
        await using var slipway = new SlipwayProcess();
        await slipway.InitializeAsync();
        using var app = new TestApp("blue-green", replicas: 2);
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app, count: 6);
        await visitors.More(50);

        for (var moment = 1; moment <= 20; moment++)
        {
            var version = $"{moment + 1}";
            var deploy = slipway.Deploy(app.Become(version), "--promote");
            // The moment: so many events of the rollout's journal were written. A deploy has about 25 of them, from building to done.
            await Journal(slipway, app, events: moment + 4, until: deploy);
            slipway.Kill("server");

            var result = await deploy;
            result.ExitCode.ShouldBe(0, $"killed after event {moment + 4}\n{result.All}\n{slipway.Logs()}");
            await SlipwayProcess.Until(async () => (await slipway.Get($"apps/{app.Name}"))["rollout"]!["state"]!.GetValue<string>() == "done", "the rollout is done");
            await visitors.More(20);
            visitors.ForgetVersions();
            await visitors.More(40);
            visitors.ForgetVersions();
            await visitors.More(40);
            visitors.Versions.Keys.ShouldBe([version], $"killed after event {moment + 4}");
            (await slipway.List($"apps/{app.Name}/instances")).Count.ShouldBe(4, "two live, two warm, nothing left over");
        }

        await visitors.Leave();
        visitors.NobodyFailed();
    }

    [Fact]
    public async Task Gateway_KilledUnderLoad_ComesBackByItsOwnTable()
    {
        await using var slipway = new SlipwayProcess();
        await slipway.InitializeAsync();
        using var app = new TestApp("rolling");
        await slipway.Deployed(app);
        var before = slipway.ProcessId("gateway");

        slipway.Kill("server");
        slipway.Kill("gateway");

        using var visitor = slipway.Visitor();
        await SlipwayProcess.Until(async () => await visitor.GetStringAsync($"http://{app.Host}/") == "1", "the gateway serves again");
        slipway.ProcessId("gateway").ShouldNotBe(before);
    }

    [Fact]
    public async Task Up_AfterTheWatcherWasKilled_AdoptsWhatRuns()
    {
        await using var slipway = new SlipwayProcess();
        await slipway.InitializeAsync();
        var (server, gateway) = (slipway.ProcessId("server"), slipway.ProcessId("gateway"));

        slipway.Kill("supervisor");
        await slipway.Up();

        slipway.ProcessId("server").ShouldBe(server);
        slipway.ProcessId("gateway").ShouldBe(gateway);
        slipway.Kill("server");
        await SlipwayProcess.Until(async () => (await slipway.Get("status"))["version"] is not null && slipway.ProcessId("server") != server, "the server was started again");
    }

    /// <summary>Waits until the newest rollout's journal has so many lines, or the deploy is over.</summary>
    static Task Journal(SlipwayProcess slipway, TestApp app, int events, Task until)
    {
        var folder = Path.Combine(slipway.Data, "rollouts");
        var known = Directory.Exists(folder) ? Directory.GetFiles(folder).Length : 0;
        return SlipwayProcess.Until(() =>
        {
            if (until.IsCompleted) return Task.FromResult(true);
            var files = Directory.GetFiles(folder);
            if (files.Length <= known) return Task.FromResult(false);
            var newest = files.MaxBy(file => int.Parse(Path.GetFileNameWithoutExtension(file), System.Globalization.CultureInfo.InvariantCulture))!;
            using var reader = new StreamReader(new FileStream(newest, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            var lines = 0;
            while (reader.ReadLine() is not null) lines++;
            return Task.FromResult(lines >= events);
        }, $"event {events} of a rollout of {app.Name}");
    }
}
