using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

public sealed class BlueGreenTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task FirstRelease_Ready_GoesLiveStraightAway()
    {
        var (rollout, release) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 1);
        release!.Number.ShouldBe(1);
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Serving().ShouldBe([1]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
        _world.Engine.Networks.ShouldBe(["slipway.shop.blue.default"]);
        var status = _world.Queries.App(Sample.App)!;
        status.Live.ShouldBe(1);
        status.Urls.ShouldBe(["http://web.shop.localhost/"]);
        status.Services.ShouldAllBe(s => s.Ready == 1);
    }

    [Fact]
    public async Task Https_OfAService_IsThatOfItsRoutes_AndChangesWithThePromote()
    {
        static AppModel With(HttpsPolicy? https)
        {
            var model = Sample.Model(Strategy.BlueGreen);
            return model with { Services = [.. model.Services.Select(s => s.Name == "web" ? s with { Release = s.Release with { Https = https } } : s)] };
        }

        HttpsPolicy? Of(string host) => _world.Gateways.Table.Routes.Single(r => r.Hosts.Contains(host)).Https;

        var (first, _) = await _world.Deploy(With(null), web: 1);
        await _world.Reaches(first, RolloutState.Done);
        Of("web.shop.localhost").ShouldBeNull();

        var only = new HttpsPolicy { Mode = HttpsMode.Only, Hsts = 60 };
        var (second, _) = await _world.Deploy(With(only), web: 2);
        await _world.Reaches(second, RolloutState.Holding);
        await _world.Until(() => _world.Serving("preview.web.shop.localhost").Contains(2), "a preview");
        Of("preview.web.shop.localhost").ShouldBe(only);
        Of("web.shop.localhost").ShouldBeNull();

        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(second, RolloutState.Done);
        Of("web.shop.localhost").ShouldBe(only);
    }

    [Fact]
    public async Task SecondRelease_Ready_HoldsUnseenBesideTheLiveOne()
    {
        await Live(1);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.Until(() => _world.Serving("preview.web.shop.localhost").Contains(2), "a preview");
        _world.Serving().ShouldBe([1]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v2.1"]);
        Redis().Addresses.Keys.Order().ShouldBe(["slipway.shop.blue.default", "slipway.shop.green.default"]);
        _world.Queries.App(Sample.App)!.Next.ShouldBe("slipway promote shop");
        (await Events(rollout)).OfType<RolloutEvent.Note>().ShouldContain(n => n.Text == "redis is carried over from v1");
    }

    [Fact]
    public async Task Promote_ThenRollback_OnlyChangesRoutes()
    {
        await Live(1);
        await Promoted(2);
        _world.Serving().ShouldBe([2]);
        var (prepared, ids) = (_world.Engine.Prepared.Count, _world.Engine.All.Select(i => i.Id).ToList());

        var rollback = await _world.Rollouts.Rollback(Sample.App, null, _cancel);
        rollback.State.ShouldBe(RolloutState.Promoting);
        await _world.Reaches(rollback, RolloutState.Done);

        _world.Serving().ShouldBe([1]);
        _world.Engine.Prepared.Count.ShouldBe(prepared);
        _world.Engine.All.Select(i => i.Id).ShouldBe(ids);
        _world.Queries.Releases(Sample.App).Select(r => r.Standing).ShouldBe([Standing.Warm, Standing.Live]);
    }

    [Fact]
    public async Task WholeScenario_RolledBackAndMended_EndsOnThirdWithItsSlotReused()
    {
        await Live(1);
        await Promoted(2);
        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, null, _cancel), RolloutState.Done);
        await Promoted(3);
        _world.Serving().ShouldBe([3]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v3.1"]);
        _world.Stored(Sample.App)!.LiveSlot!.Slot.ShouldBe(Slot.Green);
    }

    [Fact]
    public async Task Rollback_ToColdRelease_StagesItFromItsDigestsWithoutABuild()
    {
        await Live(1);
        await Promoted(2);
        await Promoted(3);
        var rollback = await _world.Rollouts.Rollback(Sample.App, 1, _cancel);
        rollback.State.ShouldBe(RolloutState.Staging);
        await _world.Reaches(rollback, RolloutState.Done);
        _world.Serving().ShouldBe([1]);
        _world.Engine.All.Single(i => i.Name == "shop.web.v1.1").Image.ShouldBe("127.0.0.1:8080/" + Sample.Image(Sample.App, "web", 1));
    }

    [Fact]
    public async Task ChangedStatefulService_UntilPromote_IsNotTouched_AndComesBackByRollback()
    {
        await Live(1);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 2, redis: 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v2.1"]);
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Running().ShouldBe(["shop.redis.v2.1", "shop.web.v1.1", "shop.web.v2.1"]);

        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, null, _cancel), RolloutState.Done);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v2.1"]);
        _world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task ChangedStatefulService_NeverReady_IsPutBack()
    {
        await Live(1);
        _world.Engine.EndsWith = w => w is { Service: "redis", Release: 2 } ? 1 : null;
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 2, redis: 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Serving().ShouldBe([1]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("shop.redis.v2.1 says what is wrong");
    }

    [Fact]
    public async Task Abort_WhileHolding_ClearsTheSlotAndLeavesTheLiveOne()
    {
        await Live(1);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.Rollouts.Abort(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
        _world.Engine.Networks.ShouldBe(["slipway.shop.blue.default"]);
        _world.Serving("preview.web.shop.localhost").ShouldBeEmpty();
    }

    [Fact]
    public async Task Deploy_WhileHolding_SupersedesTheStagedRelease()
    {
        await Live(1);
        var (second, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 2);
        await _world.Reaches(second, RolloutState.Holding);
        var (third, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 3);
        _world.StateOf(second).ShouldBe(RolloutState.Superseded);
        await _world.Reaches(third, RolloutState.Holding);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v3.1"]);
        (await Events(second)).OfType<RolloutEvent.StateChanged>().Last().State.ShouldBe(RolloutState.Superseded);
    }

    [Fact]
    public async Task WarmRelease_KeptLongEnough_IsStoppedAndItsNetworksGo()
    {
        await Live(1);
        await Promoted(2);
        await _world.For(TimeSpan.FromMinutes(61));
        await _world.Until(() => _world.Stored(Sample.App)!.Slots.Count == 1, "the slot is free");
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v2.1"]);
        _world.Engine.Networks.ShouldBe(["slipway.shop.green.default"]);
        Redis().Addresses.Keys.ShouldBe(["slipway.shop.green.default"]);
    }

    [Fact]
    public async Task Release_WithNothingChanged_IsNotMade()
    {
        await Live(1);
        var (rollout, release) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 1);
        release.ShouldBeNull();
        _world.StateOf(rollout).ShouldBe(RolloutState.Done);
        _world.Queries.Releases(Sample.App).Count.ShouldBe(1);
    }

    [Fact]
    public async Task OldReleases_BeyondTheKept_AreForgottenButNotWhatRuns()
    {
        await Live(1);
        for (var version = 2; version <= 8; version++) await Promoted(version);
        _world.Queries.Releases(Sample.App).Select(r => r.Number).ShouldBe([8, 7, 6, 5, 4]);
    }

    Instance Redis() => _world.Engine.All.Single(i => i is { Service: "redis", State: InstanceState.Running });

    async Task Live(int version)
    {
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), version);
        await _world.Reaches(rollout, RolloutState.Done);
    }

    async Task Promoted(int version)
    {
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), version);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
    }

    async Task<List<RolloutEvent>> Events(Rollout rollout)
    {
        var events = new List<RolloutEvent>();
        await foreach (var (_, happened) in _world.Journal.Read(rollout.Id, 0, follow: false, _cancel)) events.Add(happened);
        return events;
    }
}
