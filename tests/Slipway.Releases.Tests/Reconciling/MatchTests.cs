using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>Who sees a new release before everybody does, and services of one host and path.</summary>
public sealed class MatchTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    readonly FakeCrowd _crowd;

    public MatchTests() => _world.Gateways.Crowd = _crowd = new FakeCrowd(_world.Time);

    static RequestMatch Preview { get; } = new() { Headers = [new ValueCondition { Name = "X-Preview", Value = "1" }] };

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task BlueGreen_Held_IsSeenByMatchedRequestsAlone()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.BlueGreen), 1)).Rollout, RolloutState.Done);
        Live().Split.ShouldBeNull("one release is shared by nobody");
        var (rollout, _) = await _world.Deploy(Model(Strategy.BlueGreen), 2);
        await _world.Reaches(rollout, RolloutState.Holding);

        Live().Destinations.Select(d => (d.Release, d.Weight)).ShouldBe([(1, 10000), (2, 0)]);
        var split = Live().Split.ShouldNotBeNull();
        split.Release.ShouldBe(2);
        MatchRules.AreSame(split.Match, [Preview]).ShouldBeTrue();
        Convert.FromBase64String(split.Key).Length.ShouldBe(32);

        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
        Live().Destinations.ShouldHaveSingleItem().Release.ShouldBe(2);
        Live().Split.ShouldBeNull();
    }

    [Fact]
    public async Task BlueGreen_BeforeItIsReadyOrAfterAnAbort_IsSeenByNobody()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.BlueGreen), 1)).Rollout, RolloutState.Done);
        _world.Silent = i => i is { Service: "web", Release: 2 };
        var (rollout, _) = await _world.Deploy(Model(Strategy.BlueGreen), 2);
        await _world.Reaches(rollout, RolloutState.Verifying);
        await _world.For(TimeSpan.FromSeconds(10));
        Live().Split.ShouldBeNull();
        _world.Silent = _ => false;
        await _world.Reaches(rollout, RolloutState.Holding);
        Live().Split.ShouldNotBeNull();

        await _world.Rollouts.Abort(Sample.App, _cancel);
        await _world.Until(() => Live().Split is null, "the match is gone");
        _world.Serving().ShouldBe([1]);
        await _world.Reaches(rollout, RolloutState.RolledBack);
    }

    [Fact]
    public async Task BlueGreen_WhoseNewInstanceDies_KeepsTheLiveRouteAsItIs()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.BlueGreen), 1)).Rollout, RolloutState.Done);
        var (rollout, _) = await _world.Deploy(Model(Strategy.BlueGreen), 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        _world.Engine.Die(_world.Engine.All.Single(i => i.Name == "shop.web.v2.1").Id);
        await _world.Until(() => _world.WeightOf(2) is null, "the dead instance gets nothing");
        _world.Serving().ShouldBe([1]);
        Live().Split.ShouldBeNull();
        await _world.Until(() => _world.WeightOf(2) == 0, "started again, it is seen again");
    }

    [Fact]
    public async Task Canary_InItsSteps_HasTheMatchAtEveryWeight()
    {
        var policy = Sample.Canary with { Steps = [Sample.Approval, Sample.Step(1000, 2), Sample.Step(10000, 2)] };
        await _world.Reaches((await _world.Deploy(Model(Strategy.Canary, policy), 1)).Rollout, RolloutState.Done);
        var (rollout, _) = await _world.Deploy(Model(Strategy.Canary, policy), 2);
        await _world.Reaches(rollout, RolloutState.Holding);
        (_world.WeightOf(1), _world.WeightOf(2)).ShouldBe((10000, 0));
        Live().Split!.Match.ShouldNotBeNull();

        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Until(() => _world.WeightOf(2) == 1000, "the first weight");
        Live().Split!.Match.ShouldNotBeNull();
        Live().Split!.Sticky.ShouldBe(StickyKind.User);
        await _world.Reaches(rollout, RolloutState.Done);
        Live().Split.ShouldBeNull();
    }

    [Fact]
    public async Task Canary_TestersErrors_AreNoReasonForTheJudge()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.Canary), 1)).Rollout, RolloutState.Done);
        // Every matched request fails, none of the others does.
        (_crowd.MatchedPerSecond, _crowd.MatchedErrors) = (50, 1);
        var (rollout, _) = await _world.Deploy(Model(Strategy.Canary), 2);
        await _world.Reaches(rollout, RolloutState.Done);
        _crowd.Counted.Single(t => t is { Release: 2, IsMatched: true }).ByClass[5].ShouldBeGreaterThan(1000);
    }

    [Fact]
    public async Task Services_OfOnePlace_HaveTheirWhenInLiveAndPreviewRoutes()
    {
        var model = Model(Strategy.BlueGreen);
        var web = model.Services[0];
        RequestMatch beta = new() { Cookies = [new ValueCondition { Name = "beta", Value = "yes" }] };
        model = model with { Services = [.. model.Services, web with { Name = "beta", DependsOn = [], Release = web.Release with { When = [beta] } }] };
        await _world.Reaches((await _world.Deploy(model, 1)).Rollout, RolloutState.Done);
        await _world.Reaches((await _world.Deploy(model, 2)).Rollout, RolloutState.Holding);
        foreach (var host in (string[])["web.shop.localhost", "preview.web.shop.localhost"])
            _world.Gateways.Table.Routes.Where(r => r.Hosts.Contains(host)).Select(r => (r.Service, When: r.When?.Count)).ShouldBe([("web", null), ("beta", 1)]);
    }

    [Fact]
    public async Task OtherApp_AtTheSamePlace_NeedsAnotherMatch()
    {
        await _world.Reaches((await _world.Deploy(Model(Strategy.BlueGreen), 1)).Rollout, RolloutState.Done);
        var other = Sample.Model(Strategy.Rolling, app: AppName.Parse("other"), host: "web.shop.localhost");
        Should.Throw<ConflictException>(() => _world.Rollouts.CheckClaims(other)).Message.ShouldContain("web claims http://web.shop.localhost/, which web of shop has");
        other = other with { Services = [.. other.Services.Select(s => s.Name == "web" ? s with { Release = s.Release with { When = [Preview] } } : s)] };
        _world.Rollouts.CheckClaims(other);
        await _world.Reaches((await _world.Deploy(other, 1)).Rollout, RolloutState.Done);
        var third = other with { Name = AppName.Parse("third"), Volumes = [] };
        Should.Throw<ConflictException>(() => _world.Rollouts.CheckClaims(third)).Message.ShouldContain("with the same match of 'when', which web of other has");
    }

    Route Live() => _world.Gateways.Table.Routes.Single(r => r.Hosts.Contains("web.shop.localhost"));

    static AppModel Model(Strategy strategy, CanaryPolicy? canary = null)
    {
        var model = Sample.Model(strategy, canary: canary);
        return model with { Services = [.. model.Services.Select(s => s.Release.IsRouted ? s with { Release = s.Release with { Match = [Preview] } } : s)] };
    }
}
