using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

public sealed class FailoverTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task InstanceDies_LosesItsRouteAtOnceAndIsStartedAgain()
    {
        await Live(replicas: 2);
        _world.Engine.Die(Web(1).Id);
        await _world.Turn();
        Upstreams().ShouldBe([Web(2).Id]);
        await _world.Until(() => Upstreams().Count == 2, "it is back");
    }

    [Fact]
    public async Task InstanceKeepsDying_IsStartedAgainWithLongerAndLongerPauses()
    {
        await Live(replicas: 2);
        var starts = new List<DateTimeOffset>();
        _world.Engine.EndsWith = w =>
        {
            if (w.Service != "web") return null;
            starts.Add(_world.Time.Now);
            return 1;
        };
        _world.Engine.Die(Web(1).Id);
        await _world.Until(() => starts.Count >= 8, "eight starts");
        var pauses = starts.Zip(starts.Skip(1), (a, b) => b - a).ToList();
        pauses[0].ShouldBe(TimeSpan.FromSeconds(2));
        pauses[1].ShouldBe(TimeSpan.FromSeconds(4));
        pauses[^1].ShouldBe(TimeSpan.FromSeconds(30));
        Upstreams().ShouldBe([Web(2).Id]);
    }

    [Fact]
    public async Task Unhealthy_LeavesTheRoutes_AndComesBackWhenHealthy()
    {
        var sick = false;
        _world.Engine.HealthOf = i => i is { Service: "web", Index: 1 } && sick ? InstanceHealth.Unhealthy : InstanceHealth.Healthy;
        await Live(replicas: 2);
        sick = true;
        await _world.Until(() => Upstreams().SequenceEqual([Web(2).Id]), "it left");
        sick = false;
        await _world.Until(() => Upstreams().Count == 2, "it is back");
    }

    [Fact]
    public async Task AllUnhealthy_AreRoutedToRatherThanNone()
    {
        var sick = false;
        _world.Engine.HealthOf = _ => sick ? InstanceHealth.Unhealthy : InstanceHealth.Healthy;
        await Live(replicas: 2);
        sick = true;
        await _world.For(TimeSpan.FromSeconds(60));
        Upstreams().Count.ShouldBe(2);
    }

    [Fact]
    public async Task EngineRestarted_InstancesAreStartedAgainWithoutANewRelease()
    {
        await Live(replicas: 2);
        _world.Engine.Restart();
        await _world.Until(() => Upstreams().Count == 2 && _world.Running().Count == 3, "all are back");
        _world.Queries.Releases(Sample.App).Count.ShouldBe(1);
    }

    [Fact]
    public async Task EngineAway_RoutesStayAndTheRolloutGoesOnAfterwards()
    {
        await Live(replicas: 1);
        var before = _world.Gateways.Table;
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 2);
        _world.Engine.IsAway = true;
        await _world.For(TimeSpan.FromMinutes(5));
        _world.Gateways.Table.ShouldBe(before);
        _world.StateOf(rollout).ShouldBe(RolloutState.Staging);
        _world.Engine.IsAway = false;
        await _world.Reaches(rollout, RolloutState.Done);
    }

    [Fact]
    public async Task GatewayAway_RolloutWaitsInPromotingAndFailoverGoesOn()
    {
        await Live(replicas: 1, Strategy.BlueGreen);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.For(TimeSpan.FromSeconds(5));
        _world.Gateways.IsAway = true;
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.For(TimeSpan.FromMinutes(1));
        _world.StateOf(rollout).ShouldBe(RolloutState.Promoting);
        _world.Engine.Die(_world.Engine.All.Single(i => i.Name == "shop.web.v2.1").Id);
        await _world.Until(() => _world.Running().Contains("shop.web.v2.1"), "it is started again");
        _world.Serving().ShouldBe([1]);
        _world.Gateways.IsAway = false;
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Serving().ShouldBe([2]);
    }

    [Fact]
    public async Task Scale_UpAndDown_FollowsWithDrain()
    {
        await Live(replicas: 1);
        await _world.Rollouts.Scale(Sample.App, "web", 3, _cancel);
        await _world.Until(() => Upstreams().Count == 3, "three");
        _world.Gateways.Traffic[Web(3).Id] = (1, 0);
        await _world.Rollouts.Scale(Sample.App, "web", 2, _cancel);
        await _world.Until(() => Upstreams().Count == 2, "two routed");
        _world.Running().ShouldContain("shop.web.v1.3");
        _world.Gateways.Traffic.Clear();
        await _world.Until(() => !_world.Running().Contains("shop.web.v1.3"), "the third is stopped");

        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 2);
        await _world.Reaches(rollout, RolloutState.Done);
        Upstreams().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Remove_TakesEverythingOfThisAppAndNothingElse()
    {
        await Live(replicas: 2);
        var other = AppName.Parse("other");
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling, app: other), 1);
        await _world.Reaches(rollout, RolloutState.Done);
        var removed = await _world.BeginRemoval(Sample.App, volumes: true);
        await _world.Until(() => _world.Stored(Sample.App) is null, "it is forgotten");
        await removed;
        _world.Running().ShouldBe(["other.redis.v1.1", "other.web.v1.1"]);
        _world.Engine.Networks.ShouldBe(["slipway.other.blue.default"]);
        _world.Engine.Volumes.ShouldBe(["other_data"]);
        _world.Gateways.Table.Routes.ShouldAllBe(r => r.App == other);
        _world.Queries.App(Sample.App).ShouldBeNull();
    }

    [Fact]
    public async Task DependsOn_Conditions_OrderTheStart()
    {
        var model = Sample.Model(Strategy.Rolling);
        var job = new ServiceModel { Name = "migrate", Container = new ContainerSpec(), Release = new ReleasePolicy { Strategy = Strategy.Rolling } };
        var web = model.Services[0] with
        {
            DependsOn = [new DependencyModel { Service = "migrate", Condition = DependencyCondition.CompletedSuccessfully }, new DependencyModel { Service = "redis", Condition = DependencyCondition.Healthy }],
        };
        model = model with { Services = [web, model.Services[1], job] };
        var isHealthy = false;
        _world.Engine.EndsWith = w => w.Service == "migrate" ? 0 : null;
        _world.Engine.HealthOf = i => i.Service == "redis" ? isHealthy ? InstanceHealth.Healthy : InstanceHealth.Starting : InstanceHealth.None;
        var (rollout, _) = await _world.Deploy(model, 1);
        await _world.For(TimeSpan.FromSeconds(10));
        _world.Running().ShouldBe(["shop.redis.v1.1"]);
        isHealthy = true;
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
        await _world.For(TimeSpan.FromMinutes(2));
        _world.Engine.All.Single(i => i.Service == "migrate").State.ShouldBe(InstanceState.Exited);
    }

    Instance Web(int index) => _world.Engine.All.Single(i => i.Service == "web" && i.Index == index);

    List<string> Upstreams() => [.. _world.Gateways.Table.Routes.Where(r => r.App == Sample.App).SelectMany(r => r.Destinations).SelectMany(d => d.Upstreams).Select(u => u.Instance)];

    async Task Live(int replicas, Strategy strategy = Strategy.Rolling)
    {
        var (rollout, _) = await _world.Deploy(Sample.Model(strategy, replicas), 1);
        await _world.Reaches(rollout, RolloutState.Done);
    }
}
