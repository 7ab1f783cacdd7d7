using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

public sealed class RollingTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Rolling_ThreeInstances_ShiftsOneByOneAtFullCapacity()
    {
        await Live(Sample.Model(Strategy.Rolling, replicas: 3, worker: true), 1);
        var capacities = new List<int>();
        var mixes = new List<string>();
        var swapped = _world.Gateways.Swapped;
        _world.Gateways.Swapped = table =>
        {
            swapped!(table);
            var route = table.Routes.Single();
            capacities.Add(route.Destinations.Sum(d => d.Upstreams.Count));
            mixes.Add(string.Join("+", route.Destinations.Select(d => $"{d.Upstreams.Count} of v{d.Release}")));
        };
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling, replicas: 3, worker: true), 2);
        await _world.Reaches(rollout, RolloutState.Shifting);
        await _world.Reaches(rollout, RolloutState.Done);
        capacities.ShouldAllBe(c => c >= 3);
        mixes.ShouldContain("2 of v1+2 of v2");
        _world.Serving().ShouldBe([2]);
        await _world.Until(() => _world.Running().Count == 5, "old instances are gone");
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v2.1", "shop.web.v2.2", "shop.web.v2.3", "shop.worker.v2.1"]);
        await _world.Until(() => _world.Stored(Sample.App)!.Slots.Count == 1, "the old slot is free");
    }

    [Fact]
    public async Task Rolling_NewInstanceDiesInTheMiddle_GoesBackToAllOfTheOld()
    {
        await Live(Sample.Model(Strategy.Rolling, replicas: 2), 1);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling, replicas: 2), 2);
        await _world.Until(() => _world.Queries.Rollout(rollout.Id)!.Step == 1, "the first instance is shifted");
        _world.Silent = i => i is { Service: "web", Release: 2, Index: 2 };
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Serving().ShouldBe([1]);
        await _world.Until(() => _world.Running().Count == 3, "the new ones are gone");
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v1.2"]);
    }

    [Fact]
    public async Task Drain_RequestsInFlight_StopsOnlyAtZeroOrTheDeadline()
    {
        await Live(Sample.Model(Strategy.Rolling), 1);
        var old = _world.Engine.All.Single(i => i.Name == "shop.web.v1.1");
        _world.Gateways.Traffic[old.Id] = (3, 0);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 2);
        await _world.Until(() => _world.Stored(Sample.App)!.Drains.ContainsKey(old.Id), "it drains");
        await _world.For(TimeSpan.FromSeconds(20));
        _world.Running().ShouldContain("shop.web.v1.1");
        _world.Gateways.Traffic[old.Id] = (0, 0);
        await _world.Until(() => !_world.Running().Contains("shop.web.v1.1"), "it is stopped at zero");
        await _world.Reaches(rollout, RolloutState.Done);
    }

    [Fact]
    public async Task Drain_OpenConnections_HaveTheirOwnDeadline()
    {
        await Live(Sample.Model(Strategy.Rolling), 1);
        var old = _world.Engine.All.Single(i => i.Name == "shop.web.v1.1");
        _world.Gateways.Traffic[old.Id] = (0, 1);
        await _world.Deploy(Sample.Model(Strategy.Rolling), 2);
        await _world.Until(() => _world.Stored(Sample.App)!.Drains.ContainsKey(old.Id), "it drains");
        await _world.For(TimeSpan.FromSeconds(50));
        _world.Running().ShouldContain("shop.web.v1.1");
        await _world.For(TimeSpan.FromSeconds(15));
        _world.Running().ShouldNotContain("shop.web.v1.1");
    }

    [Fact]
    public async Task Recreate_OldStoppedBeforeNewStarts_AndSaysSoMeanwhile()
    {
        _world.Watchdog.NeverTwice.Add("web");
        await Live(Sample.Model(Strategy.Recreate), 1);
        var texts = new List<string?>();
        var swapped = _world.Gateways.Swapped;
        _world.Gateways.Swapped = table =>
        {
            swapped!(table);
            texts.Add(table.Routes.Single().Unavailable);
        };
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Recreate), 2);
        await _world.Reaches(rollout, RolloutState.Done);
        texts.ShouldContain("shop is being replaced by v2; try again in a moment");
        _world.Serving().ShouldBe([2]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v2.1"]);
    }

    [Fact]
    public async Task Recreate_NewNeverReady_StartsTheOldAgain()
    {
        _world.Watchdog.NeverTwice.Add("web");
        await Live(Sample.Model(Strategy.Recreate), 1);
        _world.Silent = i => i is { Service: "web", Release: 2 };
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Recreate), 2);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Serving().ShouldBe([1]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("not ready within 60 s");
    }

    [Fact]
    public async Task NeverReady_FirstRelease_FailsAndLeavesNothing()
    {
        _world.Silent = i => i.Service == "web";
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 1);
        await _world.Reaches(rollout, RolloutState.Failed);
        _world.Engine.All.ShouldBeEmpty();
        _world.Engine.Networks.ShouldBeEmpty();
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("nothing accepts connections on port 5000");
    }

    [Fact]
    public async Task EndsAgainAndAgain_WhileStaging_FailsEarlyWithItsLastLines()
    {
        await Live(Sample.Model(Strategy.Rolling), 1);
        _world.Engine.EndsWith = w => w is { Service: "web", Release: 2 } ? 3 : null;
        var before = _world.Time.Now;
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 2);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        var error = _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull();
        error.ShouldContain("ended 3 times, last with code 3");
        error.ShouldContain("shop.web.v2.1 says what is wrong");
        (_world.Time.Now - before).ShouldBeLessThan(TimeSpan.FromSeconds(30));
        _world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task EngineRefusesToStart_FailsWithItsWords()
    {
        await Live(Sample.Model(Strategy.Rolling), 1);
        _world.Engine.Refuses = w => w is { Service: "web", Release: 2 } ? "port is already allocated" : null;
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 2);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("port is already allocated");
    }

    [Fact]
    public async Task Abort_WhileShifting_GoesBack()
    {
        await Live(Sample.Model(Strategy.Rolling, replicas: 3), 1);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling, replicas: 3), 2);
        await _world.Until(() => _world.Queries.Rollout(rollout.Id)!.Step == 2, "two are shifted");
        await _world.Rollouts.Abort(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Serving().ShouldBe([1]);
        _world.Running().Count(n => n.StartsWith("shop.web.v1", StringComparison.Ordinal)).ShouldBe(3);
    }

    async Task Live(AppModel model, int version)
    {
        var (rollout, _) = await _world.Deploy(model, version);
        await _world.Reaches(rollout, RolloutState.Done);
    }
}
