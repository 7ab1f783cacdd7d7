using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

public sealed class AbTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    readonly FakeCrowd _crowd;

    public AbTests() => _world.Gateways.Crowd = _crowd = new FakeCrowd(_world.Time);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Share_UntilItsTimeIsOver_StaysThenHoldsAndAPersonPromotes()
    {
        var rollout = await Second();
        await _world.Reaches(rollout, RolloutState.Shifting);
        var weights = new HashSet<int?>();
        _world.Gateways.Swapped += _ => weights.Add(_world.WeightOf(2));
        await _world.Reaches(rollout, RolloutState.Holding);
        Progress(rollout).Hold.ShouldBe(CanaryHold.Ended);
        (_world.Time.Now - Progress(rollout).Settled!.Value).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromHours(1));
        await _world.For(TimeSpan.FromHours(3));
        (_world.StateOf(rollout), _world.WeightOf(1), _world.WeightOf(2)).ShouldBe((RolloutState.Holding, 5000, 5000));
        weights.ShouldBeSubsetOf([5000]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v2.1"], "both at full capacity");

        await _world.Rollouts.Promote(Sample.App, _cancel, by: "ada");
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Serving().ShouldBe([2]);
        _world.Queries.Rollout(rollout.Id)!.Canary!.History.ShouldHaveSingleItem().ShouldSatisfyAllConditions(h => h.End.ShouldBe("promoted"), h => h.By.ShouldBe("ada"));
    }

    [Fact]
    public async Task Until_ADate_EndsThen()
    {
        var until = _world.Time.Now + TimeSpan.FromHours(5);
        var rollout = await Second(new AbPolicy { Until = until });
        await _world.Reaches(rollout, RolloutState.Shifting);
        await _world.For(TimeSpan.FromHours(4));
        _world.StateOf(rollout).ShouldBe(RolloutState.Shifting);
        (await Results(rollout)).Ends.ShouldBe(until);
        await _world.Reaches(rollout, RolloutState.Holding);
        _world.Time.Now.ShouldBeInRange(until, until + TimeSpan.FromMinutes(1));
    }

    [Fact]
    public async Task NoEnd_IsEndedByAPersonAlone()
    {
        var rollout = await Second(new AbPolicy());
        await _world.Reaches(rollout, RolloutState.Shifting);
        await _world.For(TimeSpan.FromHours(6));
        _world.StateOf(rollout).ShouldBe(RolloutState.Shifting);
        await _world.Rollouts.Abort(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task Then_Abort_GivesEverythingBack()
    {
        var rollout = await Second(Hour with { Then = AbEnd.Abort });
        await _world.Reaches(rollout, RolloutState.RolledBack);
        var ended = _world.Queries.Rollout(rollout.Id)!;
        ended.Error.ShouldNotBeNull().ShouldContain("The experiment is over");
        ended.Canary!.History.ShouldHaveSingleItem().End.ShouldBe("ended");
        _world.Serving().ShouldBe([1]);
    }

    [Theory]
    [InlineData(100, 0.05, RolloutState.Done)]
    [InlineData(100, 0.01, RolloutState.Holding)]
    [InlineData(0.1, 0.05, RolloutState.Holding)]
    public async Task Then_Promote_UnlessAGoalIsWorseOrTooFewAsked(double perSecond, double reached, RolloutState expected)
    {
        var rollout = await Second(Hour with { Then = AbEnd.Promote });
        (_crowd.PerSecond, _crowd.Reached[1], _crowd.Reached[2]) = (perSecond, 0.04, reached);
        await _world.Reaches(rollout, expected);
        _world.Serving().ShouldBe(expected == RolloutState.Done ? [2] : [1, 2]);
    }

    [Fact]
    public async Task MatchAlone_OthersSeeTheLiveReleaseAndMatchedRequestsAreItsResults()
    {
        var rollout = await Second(Hour, share: 0, match: true);
        _crowd.MatchedPerSecond = 20;
        await _world.Reaches(rollout, RolloutState.Shifting);
        (_world.WeightOf(1), _world.WeightOf(2)).ShouldBe((10000, 0));
        await _world.Reaches(rollout, RolloutState.Holding);
        (_world.WeightOf(1), _world.WeightOf(2)).ShouldBe((10000, 0));
        var results = await Results(rollout);
        results.New.Requests.ShouldBeInRange(71_500, 72_500);
        results.Stable.Requests.ShouldBeInRange(358_000, 362_000);
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Serving().ShouldBe([2]);
    }

    [Fact]
    public async Task MatchAlone_ArmThatFails_IsTakenBack()
    {
        var rollout = await Second(Hour, share: 0, match: true);
        (_crowd.MatchedPerSecond, _crowd.MatchedErrors) = (20, 0.5);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("errors 50%");
        _world.Serving().ShouldBe([1]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task ArmThatFails_AlsoWhileItHolds_IsTakenBack(bool holds)
    {
        var rollout = await Second();
        await _world.Reaches(rollout, holds ? RolloutState.Holding : RolloutState.Shifting);
        _crowd.Errors[2] = 0.5;
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Serving().ShouldBe([1]);
        _world.Queries.Rollout(rollout.Id)!.Canary!.History[^1].End.ShouldBe("failed");
    }

    [Fact]
    public async Task Results_OfBothArms_AreStoredWithTheReleaseAndEndWithTheExperiment()
    {
        var rollout = await Second();
        (_crowd.Reached[1], _crowd.Reached[2], _crowd.Milliseconds[2]) = (0.04, 0.05, 60);
        await _world.Reaches(rollout, RolloutState.Holding);
        var held = await Results(rollout);
        await _world.For(TimeSpan.FromMinutes(30));
        var results = await Results(rollout);
        results.New.ShouldBe(held.New, "what comes after its end is no part of it");
        results.Ends.ShouldBeNull();
        // 50 a second to each in an hour, and what came before the look behind its end.
        results.New.Requests.ShouldBeInRange(179_000, 183_000);
        results.Stable.Requests.ShouldBeInRange(179_000, 183_000);
        (results.New.P50 < 63, results.New.P50 > 50, results.Stable.P50 <= 20).ShouldBe((true, true, true));
        var goal = results.Goals.ShouldHaveSingleItem();
        (goal.Name, goal.Verdict).ShouldBe(("/thanks", "better"));
        goal.NewRate.ShouldBe(0.05, 0.0005);
        goal.StableRate.ShouldBe(0.04, 0.0005);
        goal.Difference.ShouldBe(0.01, 0.0005);
        goal.Low!.Value.ShouldBeInRange(0.008, 0.0095);
        goal.High!.Value.ShouldBeInRange(0.0105, 0.012);

        await _world.Rollouts.Abort(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Canaries.Report(Sample.App, 2)!.Experiment.ShouldNotBeNull().New.ShouldBe(held.New);
        (await _world.Canaries.Of(rollout.Id, _cancel))!.Experiment!.New.ShouldBe(held.New);
    }

    [Fact]
    public async Task Results_AsTheGatewayAndTheServerAreStartedAnew_GoOn()
    {
        var rollout = await Second();
        await _world.Reaches(rollout, RolloutState.Shifting);
        await _world.For(TimeSpan.FromMinutes(20));
        var windows = _world.WindowsStored(rollout);
        await _world.Until(() => _world.WindowsStored(rollout) > windows, "one more look");
        var before = (await Results(rollout)).New.Requests;
        before.ShouldBeInRange(57_000, 63_000);
        _world.StartServer();
        (_world.Gateways.Session, _world.Gateways.Started) = ("two", _world.Time.Now);
        _crowd.Forget();
        await _world.For(TimeSpan.FromMinutes(20));
        // What the new gateway counts belongs to it from its first request on: half a minute of them is 1,500.
        (await Results(rollout)).New.Requests.ShouldBeInRange(before + 59_500, before + 60_500);
    }

    [Fact]
    public async Task Results_OfAGatewayThatWasOnlyAway_AreCountedOnce()
    {
        var rollout = await Second();
        await _world.Reaches(rollout, RolloutState.Shifting);
        await _world.For(TimeSpan.FromMinutes(10));
        _world.Gateways.IsAway = true;
        await _world.For(TimeSpan.FromMinutes(10));
        _world.Gateways.IsAway = false;
        await _world.For(TimeSpan.FromMinutes(10));
        (await Results(rollout)).New.Requests.ShouldBeInRange(88_000, 91_000);
    }

    [Fact]
    public async Task Commands_OfACanary_SayWhatAnExperimentHasInstead()
    {
        var rollout = await Second();
        await _world.Reaches(rollout, RolloutState.Shifting);
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Pause(Sample.App, _cancel))).Message.ShouldContain("experiment of shop can't be paused");
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Resume(Sample.App, _cancel))).Message.ShouldContain("is not paused, and can't be");
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Promote(Sample.App, _cancel, toStep: 2))).Message.ShouldContain("has no steps");
        (await _world.Rollouts.Promote(Sample.App, _cancel)).State.ShouldBe(RolloutState.Promoting);
        await _world.Reaches(rollout, RolloutState.Done);
        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, null, _cancel), RolloutState.Done);
        _world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task Deploy_InTheMiddle_BeginsAgainFromStable()
    {
        var second = await Second();
        await _world.Reaches(second, RolloutState.Shifting);
        var (third, _) = await _world.Deploy(Model(Hour), 3);
        _world.StateOf(second).ShouldBe(RolloutState.Superseded);
        await _world.Reaches(third, RolloutState.Shifting);
        await _world.Until(() => _world.WeightOf(3) == 5000, "the third has its share");
        _world.Serving().ShouldBe([1, 3]);
    }

    [Fact]
    public async Task Goals_StandInTheRoute()
    {
        await _world.Reaches(await Second(), RolloutState.Shifting);
        await _world.Until(() => _world.WeightOf(2) == 5000, "the share is served by");
        _world.Gateways.Table.Routes.Single(r => r.Hosts.Contains("web.shop.localhost")).Split!.Goals!.ShouldHaveSingleItem().Name.ShouldBe("/thanks");
    }

    static AbPolicy Hour { get; } = new()
    {
        For = TimeSpan.FromHours(1),
        Goals = [new GoalPolicy { Name = "/thanks", Request = new RequestMatch { Path = "/thanks" } }],
    };

    static AppModel Model(AbPolicy policy, int share = 5000, bool match = false) => Sample.Experiment(policy, share, match);

    CanaryProgress Progress(Rollout rollout) => _world.Queries.Rollout(rollout.Id)!.Canary!;

    async Task<Experiment> Results(Rollout rollout) => (await _world.Canaries.Of(rollout.Id, _cancel))!.Experiment.ShouldNotBeNull();

    async Task<Rollout> Second(AbPolicy? policy = null, int share = 5000, bool match = false)
    {
        await _world.Reaches((await _world.Deploy(Model(policy ?? Hour, share, match), 1)).Rollout, RolloutState.Done);
        return (await _world.Deploy(Model(policy ?? Hour, share, match), 2)).Rollout;
    }
}
