using Slipway.Model;
using Slipway.Releases.Tests.Jobs;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Governing;

public sealed class FreezeTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public FreezeTests() => _world.Gateways.Crowd = new FakeCrowd(_world.Time);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Deploy_Frozen_IsRefusedWithWhoWhyAndHowToLiftIt()
    {
        await Live();
        await _world.Freezes.Freeze(Sample.App, "black friday", _world.Time.Now.AddHours(4), "alice", _cancel);
        var at = $"{_world.Time.Now:yyyy-MM-dd HH:mm}";
        var refused = await Should.ThrowAsync<ConflictException>(() => _world.Deploy(Sample.Model(Strategy.Rolling), web: 2));
        refused.Message.ShouldBe($"shop is frozen since {at} UTC by alice until {_world.Time.Now.AddHours(4):yyyy-MM-dd HH:mm} UTC: black friday. To lift it: slipway unfreeze shop");
        _world.Queries.Rollouts(Sample.App).Count.ShouldBe(1);
        _world.Queries.App(Sample.App)!.Freeze!.Reason.ShouldBe("black friday");
        await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Scale(Sample.App, "web", 2, _cancel));
        await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Remove(Sample.App, false, _cancel));

        await _world.Freezes.Unfreeze(Sample.App, "alice", _cancel);
        await _world.Reaches((await _world.Deploy(Sample.Model(Strategy.Rolling), web: 2)).Rollout, RolloutState.Done);
        _world.Serving().ShouldBe([2]);
    }

    [Fact]
    public async Task Platform_Frozen_RefusesEveryAppAlsoANewOne()
    {
        await Live();
        await _world.Freezes.Freeze(null, "audit", null, "root", _cancel);
        var other = AppName.Parse("other");
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Deploy(other, new DeploySource { Directory = "/src" }, false, _cancel)))
            .Message.ShouldEndWith("by root: audit. To lift it: slipway unfreeze --all");
        (await Should.ThrowAsync<ConflictException>(() => _world.Freezes.Unfreeze(Sample.App, null, _cancel))).Message.ShouldStartWith("shop itself is not frozen: the platform is frozen");
        _world.Queries.App(Sample.App)!.Freeze!.Platform.ShouldBeTrue();
        await _world.Freezes.Unfreeze(null, null, _cancel);
        await _world.Rollouts.Deploy(other, new DeploySource { Directory = "/src" }, false, _cancel);
    }

    [Fact]
    public async Task Deploy_DespiteTheFreeze_GoesToItsEndAndSaysSo()
    {
        await Live(Strategy.Canary);
        await _world.Freezes.Freeze(Sample.App, "black friday", null, "alice", _cancel);
        var rollout = await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel, new Asker { Name = "root", DespiteFreeze = true });
        await Stage(rollout, Sample.Model(Strategy.Canary), 2);
        await _world.Reaches(rollout, RolloutState.Done);
        var done = _world.Queries.Rollout(rollout.Id)!;
        (done.DespiteFreeze, done.By).ShouldBe((true, "root"));
        done.Canary!.History.ShouldAllBe(h => h.Turns == null);
    }

    [Fact]
    public async Task Canary_FrozenInTheMiddle_HoldsAndGoesOnWithTheTimeThatWasLeft()
    {
        await Live(Strategy.Canary);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Canary), web: 2);
        await Settled(rollout);
        await _world.For(TimeSpan.FromSeconds(50));
        await _world.Freezes.Freeze(Sample.App, "incident", null, "alice", _cancel);
        await _world.For(TimeSpan.FromHours(1));
        (_world.StateOf(rollout), Progress(rollout).Hold, _world.WeightOf(2)).ShouldBe((RolloutState.Holding, CanaryHold.Frozen, 1000));
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Promote(Sample.App, _cancel))).Message.ShouldContain("is frozen since");
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Resume(Sample.App, _cancel))).Message.ShouldContain("is frozen since");
        var windows = _world.WindowsStored(rollout);
        windows.ShouldBeGreaterThan(100, "the judge goes on");

        // Survives a restart.
        _world.StartServer();
        await _world.For(TimeSpan.FromMinutes(1));
        Progress(rollout).Hold.ShouldBe(CanaryHold.Frozen);

        await _world.Freezes.Unfreeze(Sample.App, "alice", _cancel);
        var lifted = _world.Time.Now;
        await _world.Until(() => _world.Queries.Rollout(rollout.Id)!.Step == 1, "the next step");
        (_world.Time.Now - lifted).ShouldBeInRange(TimeSpan.FromSeconds(65), TimeSpan.FromSeconds(90));
        Progress(rollout).History[0].Turns!.Select(t => t.What).ShouldBe(["frozen", "resumed"]);
    }

    [Fact]
    public async Task Canary_FrozenAndBad_IsRolledBackAllTheSame()
    {
        await Live(Strategy.Canary);
        var crowd = new FakeCrowd(_world.Time);
        _world.Gateways.Crowd = crowd;
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Canary), web: 2);
        await Settled(rollout);
        await _world.Freezes.Freeze(Sample.App, "incident", null, "alice", _cancel);
        crowd.Errors[2] = 0.3;
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task Canary_Frozen_MayBeRolledBackByAPerson()
    {
        await Live(Strategy.Canary);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Canary), web: 2);
        await Settled(rollout);
        await _world.Freezes.Freeze(null, "incident", null, "alice", _cancel);
        await _world.Rollouts.Rollback(Sample.App, null, _cancel, "bob");
        await _world.Reaches(rollout, RolloutState.RolledBack);
    }

    [Fact]
    public async Task Freeze_ItsTimeOver_EndsByItself()
    {
        await Live(Strategy.Canary);
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Canary), web: 2);
        await Settled(rollout);
        var until = _world.Time.Now.AddMinutes(30);
        await _world.Freezes.Freeze(null, "incident", until, "alice", _cancel);
        await _world.Until(() => Progress(rollout).Hold == CanaryHold.Frozen, "it holds");
        await _world.Reaches(rollout, RolloutState.Shifting);
        (_world.Time.Now - until).ShouldBeInRange(TimeSpan.Zero, TimeSpan.FromSeconds(2));
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Freezes.Platform().ShouldBeNull();
        _world.Events.From(0, null, 1000).Where(e => e.Type is ReleaseEvents.Frozen or ReleaseEvents.Unfrozen).Select(e => (e.Type, e.By, e.App, e.Text)).ShouldBe(
        [
            (ReleaseEvents.Frozen, "alice", null, $"incident until {until:yyyy-MM-dd HH:mm} UTC"), (ReleaseEvents.Unfrozen, null, null, "its time is over: incident"),
        ]);
    }

    [Fact]
    public async Task RollingDeploy_FrozenBeforeItsSwitch_WaitsUnseen()
    {
        await Live();
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), web: 2);
        await _world.Freezes.Freeze(Sample.App, "incident", null, "alice", _cancel);
        await _world.For(TimeSpan.FromMinutes(20));
        _world.StateOf(rollout).ShouldBe(RolloutState.Verifying);
        _world.Serving().ShouldBe([1]);
        await _world.Freezes.Unfreeze(Sample.App, "alice", _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Serving().ShouldBe([2]);
    }

    [Fact]
    public async Task JobBefore_Frozen_IsNotBegun()
    {
        await _world.FirstRelease();
        var (rollout, _) = await _world.Deploy(JobSample.Model(), web: 2, autoPromote: true);
        await _world.Freezes.Freeze(Sample.App, "incident", null, "alice", _cancel);
        await _world.For(TimeSpan.FromMinutes(10));
        _world.Engine.JobsStarted.ShouldBe(["shop.web.v1.before-1"]);
        await _world.Freezes.Unfreeze(Sample.App, "alice", _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Engine.JobsStarted.ShouldBe(["shop.web.v1.before-1", "shop.web.v2.before-1"]);
    }

    [Fact]
    public async Task Rollback_Frozen_GoesBackButNotForward()
    {
        await Live(Strategy.BlueGreen);
        var (second, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), web: 2, autoPromote: true);
        await _world.Reaches(second, RolloutState.Done);
        await _world.Freezes.Freeze(Sample.App, "black friday", null, "alice", _cancel);
        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, null, _cancel, "bob"), RolloutState.Done);
        _world.Serving().ShouldBe([1]);
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Rollback(Sample.App, 2, _cancel, "bob"))).Message.ShouldContain("black friday");
        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, 2, _cancel, new Asker { Name = "root", DespiteFreeze = true }), RolloutState.Done);
        _world.Serving().ShouldBe([2]);
    }

    [Theory]
    [InlineData("", 1, "reason")]
    [InlineData("two\nlines", 1, "reason")]
    [InlineData("why", -1, "until")]
    public async Task Freeze_BadInput_SaysWhatIsWrong(string reason, int hours, string key)
    {
        await Live();
        var wrong = await Should.ThrowAsync<InvalidInputException>(() => _world.Freezes.Freeze(Sample.App, reason, _world.Time.Now.AddHours(hours), null, _cancel));
        wrong.Diagnostics.ShouldHaveSingleItem().Key.ShouldBe(key);
    }

    async Task Live(Strategy strategy = Strategy.Rolling) => await _world.Reaches((await _world.Deploy(Sample.Model(strategy), web: 1)).Rollout, RolloutState.Done);

    async Task Stage(Rollout rollout, AppModel model, int web)
    {
        await _world.Rollouts.TakeQueued(_cancel);
        await _world.Rollouts.Stage(
            rollout.Id, model, model.Services.ToDictionary(s => s.Name, s => Sample.Image(model.Name, s.Name, s.Name == "redis" ? 1 : web)), new Dictionary<string, Engines.ImageFacts>(), _cancel);
    }

    Task Settled(Rollout rollout) => _world.Until(() => _world.Queries.Rollout(rollout.Id)!.Canary is { Settled: not null }, "the first step's weight is served by");

    CanaryProgress Progress(Rollout rollout) => _world.Queries.Rollout(rollout.Id)!.Canary!;
}
