using Slipway.Model;
using Slipway.Releases.Tests.Compose;
using Slipway.Releases.Tests.Jobs;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Planning;

public sealed class DeployPlanTests
{
    const string Base = """
        name: shop
        services:
          web:
            image: shop/web:1
            environment: {LEVEL: info, API_TOKEN: abc}
            ports: ["5000"]
            depends_on: [redis]
            x-release: {host: shop.example.com, strategy: blue-green}
          redis:
            image: redis:7
            volumes: ["data:/data"]
          worker:
            build: .
            x-release: {before: {run: migrate}}
        volumes: {data: }
        """;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Plan_NothingDeployedYet_CreatesAllInOrder()
    {
        await using var world = new World();
        var plan = world.Plans.Make(Read(Base), autoPromote: false);
        (plan.Outcome, plan.Live, plan.Next, plan.Strategy).ShouldBe((PlanOutcome.Release, null, 1, Strategy.BlueGreen));
        plan.Services.Select(s => (s.Service, s.Action)).ShouldBe([("web", PlannedAction.Create), ("redis", PlannedAction.Create), ("worker", PlannedAction.Create)]);
        plan.Places.ShouldBe([new PlannedPlace("shop.example.com/", null, "web")]);
        plan.Changes.Select(c => (c.Key, c.Before)).ShouldBe([("networks.default", null), ("volumes.shop_data", null)]);
        plan.Order.ShouldBe(
        [
            "worker is built",
            "shop/web:1 for web and redis:7 for redis are fetched",
            "worker: migrate runs once, 5m at most, a one-way step: nothing goes back past it by itself; where it fails, nothing starts",
            "redis, web and worker of v1 start",
            "v1 is live as soon as all of it is ready",
        ]);
        plan.Blockers.ShouldBeEmpty();
        world.Stored(Sample.App).ShouldBeNull("nothing was stored");
    }

    [Fact]
    public async Task Plan_SameFilesWithoutABuild_IsNothing()
    {
        await using var world = await Live(NoBuild);
        var plan = world.Plans.Make(Read(NoBuild), autoPromote: false);
        (plan.Outcome, plan.Live).ShouldBe((PlanOutcome.Nothing, 1));
        plan.Services.ShouldAllBe(s => s.Action == PlannedAction.Keep && s.Changes.Count == 0);
        plan.Order.ShouldBeEmpty();
    }

    [Fact]
    public async Task Plan_SameFilesWithABuild_DependsOnWhatComesOut()
    {
        await using var world = await Live(Base);
        var plan = world.Plans.Make(Read(Base), autoPromote: false);
        plan.Outcome.ShouldBe(PlanOutcome.Perhaps);
        plan.Services.Select(s => (s.Service, s.Action, s.IsBuilt)).ShouldBe([("web", PlannedAction.Keep, false), ("redis", PlannedAction.Keep, false), ("worker", PlannedAction.Perhaps, true)]);
        plan.Order[0].ShouldBe("worker is built; where all comes out as it was, v1 stays and nothing else happens");
    }

    [Fact]
    public async Task Plan_DependencyChanges_NamesWhoFollowsAndWhatIsReplacedAtTheSwitch()
    {
        await using var world = await Live(NoBuild);
        var plan = world.Plans.Make(Read(NoBuild.Replace("redis:7", "redis:8", StringComparison.Ordinal)), autoPromote: false);
        var (web, redis) = (plan.Services.Single(s => s.Service == "web"), plan.Services.Single(s => s.Service == "redis"));
        (redis.Action, redis.Changes.Single().Before, redis.Changes.Single().After).ShouldBe((PlannedAction.Restart, "redis:7", "redis:8"));
        web.Action.ShouldBe(PlannedAction.Replace);
        web.Because.ShouldBe(["redis"]);
        plan.Order.ShouldBe(
        [
            "redis:8 for redis is fetched",
            "web of v2 starts in the green slot beside v1, without requests",
            "it waits for slipway promote shop, seen at preview.shop.example.com",
            "redis is stopped and started anew just before the switch: it never runs twice, and is away meanwhile",
            "all requests go to v2 at once",
            "v1 stays warm for 1h, for a rollback",
        ]);
    }

    [Fact]
    public async Task Plan_SecretAndVariableChange_ShowsOneAndNotTheOther()
    {
        await using var world = await Live(NoBuild);
        var plan = world.Plans.Make(Read(NoBuild.Replace("LEVEL: info", "LEVEL: debug", StringComparison.Ordinal).Replace("abc", "xyz", StringComparison.Ordinal)), autoPromote: true);
        plan.Services.Single(s => s.Service == "web").Changes.Select(c => (c.Key, c.Before, c.After, c.IsSecret)).ShouldBe([("environment.API_TOKEN", "***", "***", true), ("environment.LEVEL", "info", "debug", false)]);
        plan.Order.ShouldContain("it is promoted as soon as it is ready, because that is asked for");
    }

    [Fact]
    public async Task Plan_ServiceHostAndVolumeGo_AreNamed()
    {
        await using var world = await Live(NoBuild);
        var plan = world.Plans.Make(Read("""
            name: shop
            services:
              web:
                image: shop/web:1
                environment: {LEVEL: info, API_TOKEN: abc}
                ports: ["5000"]
                x-release: {host: www.example.com, strategy: rolling}
            """), autoPromote: false);
        plan.Services.Select(s => (s.Service, s.Action)).ShouldBe([("web", PlannedAction.Replace), ("redis", PlannedAction.Remove)]);
        plan.Places.ShouldBe([new PlannedPlace("www.example.com/", null, "web"), new PlannedPlace("shop.example.com/", "web", null)]);
        plan.Changes.Select(c => (c.Key, c.After)).ShouldBe([("volumes.shop_data", null)]);
        plan.Notes.ShouldContain("The volume shop_data is not used any more, and kept.");
        plan.Order[^1].ShouldBe("v1 is drained and stopped; redis goes with it");
    }

    [Fact]
    public async Task Plan_OnlyRoutesChange_InstancesRunOn()
    {
        await using var world = await Live(NoBuild);
        var plan = world.Plans.Make(Read(NoBuild.Replace("strategy: blue-green", "strategy: blue-green, max-requests: 10", StringComparison.Ordinal)), autoPromote: false);
        var web = plan.Services.Single(s => s.Service == "web");
        (plan.Outcome, web.Action, web.Changes.Single().Key).ShouldBe((PlanOutcome.Release, PlannedAction.Keep, "x-release.max-requests"));
    }

    [Fact]
    public async Task Plan_SeveralThingsInTheWay_AreAllNamedAndNothingIsDone()
    {
        await using var world = await Live(NoBuild);
        await world.Reaches((await world.Deploy(Sample.Model(Strategy.Rolling, app: AppName.Parse("other"), host: "taken.example.com"), 1)).Rollout, RolloutState.Done);
        await world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, Cancel);
        var plan = world.Plans.Make(Read(NoBuild.Replace("shop.example.com", "taken.example.com", StringComparison.Ordinal)), autoPromote: false);
        plan.Blockers.Count.ShouldBe(2);
        plan.Blockers[0].ShouldContain("is queued since");
        plan.Blockers[1].ShouldContain("web claims http://taken.example.com/, which web of other has");
    }

    [Fact]
    public async Task Plan_AReleaseWaits_SaysThatItGivesWay()
    {
        await using var world = await Live(NoBuild);
        await world.Reaches((await world.Deploy(Read(NoBuild), 2)).Rollout, RolloutState.Holding);
        var plan = world.Plans.Make(Read(NoBuild), autoPromote: false);
        plan.Blockers.ShouldBeEmpty();
        plan.Notes.Single().ShouldBe("Rollout 2 to v2 (holding) gives way: it gets no requests any more and is cleared.");
    }

    [Fact]
    public async Task Plan_Canary_TellsItsSteps()
    {
        await using var world = await Live(NoBuild);
        var plan = world.Plans.Make(Read(NoBuild.Replace("strategy: blue-green", "strategy: canary", StringComparison.Ordinal).Replace("shop/web:1", "shop/web:2", StringComparison.Ordinal)), autoPromote: false);
        plan.Order.ShouldContain("step 1 of 4: 5% of the requests, for 2 min");
        plan.Order.ShouldContain("step 4 of 4: all requests, for 10 min");
    }

    [Fact]
    public async Task Plan_SecretFileOfTheSameContent_IsNoChange()
    {
        const string WithSecret = """
            name: shop
            services: {web: {image: "shop/web:1", secrets: [key]}}
            secrets: {key: {environment: KEY}}
            """;
        await using var world = await Live(WithSecret, "one");
        world.Plans.Make(Read(WithSecret, "one"), false).Outcome.ShouldBe(PlanOutcome.Nothing);
        var plan = world.Plans.Make(Read(WithSecret, "two"), false);
        plan.Services.Single().Changes.Single().ShouldBe(new ModelChange { Service = "web", Kind = ChangeKind.Secret, Key = "secrets.key", Before = "***", After = "***", IsSecret = true });
        Directory.GetFiles(Path.Combine(world.Folder, "files")).Length.ShouldBe(1, "a plan keeps nothing");
    }

    static string NoBuild => Base[..Base.IndexOf("  worker:", StringComparison.Ordinal)] + "volumes: {data: }\n";

    static AppModel Read(string compose, string key = "")
    {
        using var folder = new ComposeFolder(compose);
        File.WriteAllText(Path.Combine(folder.Folder, "Dockerfile"), "FROM scratch");
        folder.Variables["KEY"] = key;
        return folder.Read();
    }

    static async Task<World> Live(string compose, string key = "")
    {
        var world = new World();
        world.JobsEndWith(0);
        await world.Reaches((await world.Deploy(Read(compose, key), 1)).Rollout, RolloutState.Done);
        return world;
    }
}
