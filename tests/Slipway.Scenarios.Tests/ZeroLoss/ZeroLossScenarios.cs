using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace Slipway.Scenarios.Tests.ZeroLoss;

/// <summary>
/// Under everything that people do at once nothing is lost, but what an instance that is killed had begun. The apps do nothing for it: told to stop they
/// drop what they are at, so that all of it is Slipway's draining.
/// </summary>
public sealed class ZeroLossScenarios(SlipwayProcess slipway)
{
    const string Rude = "rude";
    const string Judge = "judge: {window: 4s, every: 1s, min-requests: 5, checks: [{errors: 1%, vs-stable: +0.5pp}, {restarts: 0}]}";

    [Fact]
    public async Task BlueGreen_TwoHundredSwitchesBackAndForth_LoseNothing()
    {
        using var app = new TestApp("blue-green", replicas: 2).Become("1", Rude);
        await slipway.Deployed(app);
        await slipway.Deployed(app.Become("2", Rude), "--promote");
        await using var load = new MixedLoad(slipway, app);
        await load.Round();

        for (var n = 0; n < 200; n++) await Switch(app, to: 1 + (n % 2));

        await load.Round();
        load.ForgetVersions();
        await load.Round();
        load.Versions.Keys.ShouldBe(["2"]);
        await load.Leave();
        load.NobodyFailed();
    }

    [Fact]
    public async Task Rolling_TenInstances_AreReplacedWithoutAFailure()
    {
        using var app = new TestApp("rolling", replicas: 10).Become("1", Rude);
        await slipway.Deployed(app);
        var before = await Instances(slipway, app);
        await using var load = new MixedLoad(slipway, app);
        await load.Round();

        await slipway.Deployed(app.Become("2", Rude));

        await load.Round();
        load.ForgetVersions();
        await load.Round();
        load.Versions.Keys.ShouldBe(["2"]);
        await load.Leave();
        load.NobodyFailed();
        load.Goodbyes.ShouldBeGreaterThan(0, "who keeps a WebSocket is told to come again");
        var after = await Instances(slipway, app);
        after.Count.ShouldBe(10);
        after.Intersect(before).ShouldBeEmpty();
    }

    [Fact]
    public async Task Instance_Killed_OnlyWhatHadBeenSentToItIsLost()
    {
        // Its log says to which instance each request was sent.
        await using var logged = new SlipwayProcess { Options = ["--access-log", "json"] };
        await logged.InitializeAsync();
        using var app = new TestApp("rolling", replicas: 3).Become("1", Rude);
        await logged.Deployed(app);
        await using var load = new MixedLoad(logged, app);
        await load.Round();
        var victim = (await Instances(logged, app))[0];

        // With the server dead too nobody takes its routes away: the gateway has to help itself.
        logged.Kill("server");
        await Shell.Do("docker", "kill", victim.Split(' ')[0]);
        var killed = DateTimeOffset.UtcNow;
        await load.Round();

        await SlipwayProcess.Until(async () => (await Instances(logged, app)) is { Count: 3 } now && !now.Contains(victim), "it was started again, or another one in its place");
        await SlipwayProcess.Until(async () => (await logged.Get($"apps/{app.Name}"))["services"]![0]!["ready"]!.GetValue<int>() == 3, "three ready instances");
        await load.Round();
        await load.Leave();
        load.Failures.ShouldAllBe(f => !f.Reason.Contains("accepts connections"), "what no instance took is given to another one");
        load.Failures.ShouldAllBe(f => f.Begun <= killed, "who asks after it is dead is answered by another one");
        var asked = await AskedInstances(logged, [.. load.Failures.Select(f => f.Id)]);
        foreach (var failure in load.Failures) asked[failure.Id].ShouldBe(victim[..12], $"{failure}\n{string.Join('\n', load.Failures)}");
    }

    [Fact]
    public async Task Canary_PromotedThenAnotherOneAborted_LosesNothing()
    {
        using var app = new TestApp("canary", replicas: 2).Become("1", Rude).With("steps: [{weight: 20%, for: 2s}, {weight: 50%, for: 2s}, {approve: true}, {weight: 100%, bake: 2s}]", Judge);
        await slipway.Deployed(app);
        await using var load = new MixedLoad(slipway, app);
        await load.Round();

        await slipway.Deployed(app.Become("2", Rude));
        load.ForgetVersions();
        await load.Round();
        load.Versions.Keys.ShouldBe(["1", "2"], ignoreOrder: true);
        await slipway.Do("promote", app.Name);
        (await slipway.Do("watch", app.Name)).Output.ShouldContain("v2 done");
        await load.Round();
        load.ForgetVersions();
        await load.Round();
        load.Versions.Keys.ShouldBe(["2"]);

        await slipway.Deployed(app.Become("3", Rude));
        await load.Round();
        load.Versions.Keys.ShouldBe(["2", "3"], ignoreOrder: true);
        await slipway.Do("abort", app.Name);
        await Ended(app, "rolled-back");
        await load.Round();
        load.ForgetVersions();
        await load.Round();
        load.Versions.Keys.ShouldBe(["2"]);
        await load.Leave();
        load.NobodyFailed();
    }

    /// <summary>A change of routes, and no more than that: both versions stay as they are.</summary>
    async Task Switch(TestApp app, int to)
    {
        using var answer = await slipway.Api.PostAsJsonAsync($"apps/{app.Name}/rollback", new JsonObject { ["to"] = to });
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync());
        await Ended(app, "done");
    }

    Task Ended(TestApp app, string state) => SlipwayProcess.Until(async () => (await slipway.Get($"apps/{app.Name}"))["rollout"]!["state"]!.GetValue<string>() == state, $"the rollout is {state}");

    /// <summary>Identifiers and start times of those that run.</summary>
    static async Task<IReadOnlyList<string>> Instances(SlipwayProcess slipway, TestApp app) =>
        [.. (await slipway.List($"apps/{app.Name}/instances")).Where(i => i!["state"]!.GetValue<string>() == "running").Select(i => $"{i!["id"]} {i["started"]}")];

    /// <summary>By the access log, which is written a moment later: for each request the instance that it was sent to last.</summary>
    static async Task<Dictionary<string, string?>> AskedInstances(SlipwayProcess slipway, IReadOnlyCollection<string> ids)
    {
        var asked = new Dictionary<string, string?>();
        await SlipwayProcess.Until(async () =>
        {
            using var reader = new StreamReader(new FileStream(Path.Combine(slipway.Data, "logs", "access.log"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete));
            while (await reader.ReadLineAsync() is { } line)
                if (line.EndsWith('}') && JsonNode.Parse(line)! is var entry && entry["requestId"]?.GetValue<string>() is { } id) asked[id] = entry["instance"]?.GetValue<string>();
            return ids.All(asked.ContainsKey);
        }, "the access log has what failed");
        return asked;
    }
}
