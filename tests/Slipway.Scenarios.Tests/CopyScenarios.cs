namespace Slipway.Scenarios.Tests;

/// <summary>A new version gets copies of what people ask, and is judged by them before anybody sees it.</summary>
public sealed class CopyScenarios(SlipwayProcess slipway)
{
    const string Judge = "judge: {window: 4s, every: 1s, min-requests: 10, checks: [{errors: 1%, vs-stable: +0.5pp}, {p99: 20s}, {restarts: 0}]}";
    const string Steps = "[{mirror: {share: 100%, methods: [GET, POST]}, for: 4s}, {weight: 50%, for: 2s}, {weight: 100%, bake: 2s}]";

    [Fact]
    public async Task Copies_GoodVersion_SeesWhatPeopleAsk_WhileAllOfThemAreAnsweredByTheOldOne()
    {
        using var app = Canary();
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app, strangers: true);
        await visitors.More(50);
        visitors.ForgetVersions();

        var deploy = slipway.Deploy(app.Become("2"));
        await SlipwayProcess.Until(async () => (await slipway.Get($"apps/{app.Name}"))["rollout"] is { } rollout && rollout["canary"]?["mirror"]?.GetValue<int>() == 10000, "copies");
        await SlipwayProcess.Until(async () => Copies(await slipway.Api.GetStringAsync("/metrics"), app) > 50, "the new version got copies");
        visitors.Versions.Keys.ShouldBe(["1"], "people meet the old version alone");

        var result = await deploy;
        result.ExitCode.ShouldBe(0, $"{result.All}\n{slipway.Logs()}");
        result.Output.ShouldContain("step 1 of 3: copies of 100% of the requests, for 4 s");
        result.Output.ShouldContain("copies of v2 with 0% errors");
        await visitors.Leave();
        visitors.NobodyFailed();
        visitors.Versions.Keys.ShouldBe(["1", "2"], ignoreOrder: true);
        (await slipway.Do("release", "show", app.Name, "2")).Output.ShouldContain("copies of 100%");
    }

    [Fact]
    public async Task Copies_VersionThatAnswers500_IsRolledBackAndNobodyHasSeenIt()
    {
        using var app = Canary();
        await slipway.Deployed(app);
        await using var visitors = new Visitors(slipway, app, strangers: true);
        await visitors.More(50);

        var deploy = await slipway.Deploy(app.Become("3", ready: "sick"));

        deploy.ExitCode.ShouldBe(1, deploy.All);
        deploy.Errors.ShouldMatch("errors 100% against 0% of v1 in the same window \\(limit 1%\\), 2 of [234] windows");
        await visitors.More(100);
        await visitors.Leave();
        visitors.NobodyFailed();
        visitors.Versions.Keys.ShouldBe(["1"]);
    }

    static TestApp Canary()
    {
        var app = new TestApp("canary");
        var file = Path.Combine(app.Folder, "compose.yaml");
        app.Compose = File.ReadAllText(file).Replace("      port: 5000", $"      port: 5000\n      steps: {Steps}\n      {Judge}", StringComparison.Ordinal);
        return app;
    }

    static long Copies(string metrics, TestApp app) => metrics.Split('\n')
        .Where(line => line.StartsWith($"slipway_gateway_mirrored_request_duration_seconds_count{{app=\"{app.Name}\",service=\"web\",release=\"2\",class=\"2xx\"}} ", StringComparison.Ordinal))
        .Select(line => long.Parse(line.AsSpan(line.LastIndexOf(' ') + 1), System.Globalization.CultureInfo.InvariantCulture)).SingleOrDefault();
}
