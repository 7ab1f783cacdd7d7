using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Governing;

/// <summary>Who did what, and when: in the rollout, in its steps, in the journal, and as events.</summary>
public sealed class RememberedTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    readonly FakeCrowd _crowd;

    public RememberedTests() => _world.Gateways.Crowd = _crowd = new FakeCrowd(_world.Time);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task PauseAndResume_AreKeptWithWhoAsked()
    {
        var rollout = await Second();
        await _world.Rollouts.Pause(Sample.App, _cancel, "alice");
        await _world.For(TimeSpan.FromMinutes(1));
        await _world.Rollouts.Resume(Sample.App, _cancel, "bob");
        var stored = _world.Queries.Rollout(rollout.Id)!;
        stored.Canary!.History[0].Turns!.Select(t => (t.What, t.By)).ShouldBe([("paused", "alice"), ("resumed", "bob")]);
        stored.History.TakeLast(3).Select(h => (h.State, h.By)).ShouldBe([(RolloutState.Shifting, null), (RolloutState.Holding, "alice"), (RolloutState.Shifting, "bob")]);
        Events().TakeLast(2).Select(e => (e.Type, e.By)).ShouldBe([(ReleaseEvents.Paused, "alice"), (ReleaseEvents.Resumed, "bob")]);
        var journal = new List<RolloutEvent>();
        await foreach (var (_, happened) in _world.Journal.Read(rollout.Id, 0, false, _cancel)) journal.Add(happened);
        journal.OfType<RolloutEvent.StateChanged>().TakeLast(2).Select(s => (s.State, s.By)).ShouldBe([(RolloutState.Holding, "alice"), (RolloutState.Shifting, "bob")]);
    }

    [Fact]
    public async Task History_OfADoneRollout_HasEveryStateWithItsTime()
    {
        var rollout = await Second(by: "alice");
        await _world.Reaches(rollout, RolloutState.Done);
        var history = _world.Queries.Rollout(rollout.Id)!.History;
        history.Select(h => h.State).ShouldBe(
        [
            RolloutState.Queued, RolloutState.Building, RolloutState.Staging, RolloutState.Verifying, RolloutState.Shifting, RolloutState.Baking, RolloutState.Promoting,
            RolloutState.Retaining, RolloutState.Done,
        ]);
        history[0].By.ShouldBe("alice");
        history.Zip(history.Skip(1)).ShouldAllBe(pair => pair.First.Ended == pair.Second.Began);
        (history[^1].Ended - history[4].Began).ShouldNotBeNull().ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(6));
    }

    [Fact]
    public async Task Events_OfAGoodCanary_TellEachStepOnce()
    {
        var rollout = await Second(by: "alice");
        var seen = _world.Events.Last();
        await _world.Reaches(rollout, RolloutState.Done);
        Events().Where(e => e.Rollout == rollout.Id).Select(e => (e.Type, e.Step, e.Weight, e.By)).ShouldBe(
        [
            (ReleaseEvents.RolloutStarted, null, null, "alice"),
            (ReleaseEvents.StepEntered, 0, 1000, null), (ReleaseEvents.StepEntered, 1, 5000, null), (ReleaseEvents.StepEntered, 2, 10000, null),
            (ReleaseEvents.Promoting, 2, 10000, null), (ReleaseEvents.Done, 2, 10000, null),
        ]);
        Events().Select(e => e.Id).ShouldBe(Enumerable.Range(1, (int)_world.Events.Last()).Select(i => (long)i));
        _world.Events.From(seen + 1, Sample.App, 1000).ShouldAllBe(e => e.Id > seen);
        _world.Events.From(0, AppName.Parse("other"), 1000).ShouldBeEmpty();
    }

    [Fact]
    public async Task Events_OfABadCanary_TellTheJudgeAndTheWayBack()
    {
        var rollout = await Second();
        _crowd.Errors[2] = 0.2;
        await _world.Reaches(rollout, RolloutState.RolledBack);
        var types = Events().Where(e => e.Rollout == rollout.Id).Select(e => e.Type).ToList();
        types.ShouldBe([ReleaseEvents.RolloutStarted, ReleaseEvents.StepEntered, ReleaseEvents.JudgeFailed, ReleaseEvents.JudgeFailed, ReleaseEvents.RollingBack, ReleaseEvents.RolledBack]);
        Events().Last(e => e.Type == ReleaseEvents.JudgeFailed).Text.ShouldNotBeNull().ShouldContain("errors 2");
    }

    [Fact]
    public async Task Scale_AndMaintenance_AreEventsWithWhoAsked()
    {
        await Second();
        await _world.Rollouts.Scale(Sample.App, "web", 2, _cancel, "alice");
        await _world.Maintenance.Store(Sample.App, new Maintenance { Message = "soon", Since = _world.Time.Now, By = "bob" }, _cancel);
        await _world.Maintenance.Store(Sample.App, null, _cancel, "carol");
        Events().TakeLast(3).Select(e => (e.Type, e.By, e.Text)).ShouldBe(
            [(ReleaseEvents.Scaled, "alice", "web to 2"), (ReleaseEvents.MaintenanceOn, "bob", "soon"), (ReleaseEvents.MaintenanceOff, "carol", null)]);
    }

    [Fact]
    public async Task Read_Followed_GetsWhatIsToCome()
    {
        await Second();
        var from = _world.Events.Last() + 1;
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(_cancel);
        var log = new ReleaseEventLog(_world.Store, TimeProvider.System);
        var next = Task.Run(async () =>
        {
            await foreach (var happened in log.Read(from, Sample.App, follow: true, ends.Token)) return happened;
            return null;
        }, _cancel);
        await _world.Freezes.Freeze(null, "audit", null, "alice", _cancel);
        (await next.WaitAsync(TimeSpan.FromSeconds(30), _cancel)).ShouldNotBeNull().Type.ShouldBe(ReleaseEvents.Frozen);
        await ends.CancelAsync();
    }

    [Fact]
    public async Task Remove_TheApp_KeepsItsEvents()
    {
        await Second();
        var removal = await _world.BeginRemoval(Sample.App, volumes: false);
        await _world.Until(() => _world.Rollouts.IsGone(Sample.App), "the app is gone");
        await removal;
        Events().ShouldContain(e => e.Type == ReleaseEvents.RolloutStarted);
        Events()[^1].Type.ShouldBe(ReleaseEvents.Removed);
    }

    IReadOnlyList<ReleaseEvent> Events() => _world.Events.From(0, null, 1000);

    /// <summary>A canary at its first step.</summary>
    async Task<Rollout> Second(string? by = null)
    {
        await _world.Reaches((await _world.Deploy(Sample.Model(Strategy.Canary), web: 1)).Rollout, RolloutState.Done);
        var rollout = await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel, by);
        var model = Sample.Model(Strategy.Canary);
        await _world.Rollouts.TakeQueued(_cancel);
        await _world.Rollouts.Stage(
            rollout.Id, model, model.Services.ToDictionary(s => s.Name, s => Sample.Image(model.Name, s.Name, s.Name == "redis" ? 1 : 2)), new Dictionary<string, Engines.ImageFacts>(), _cancel);
        await _world.Until(() => _world.Queries.Rollout(rollout.Id)!.Canary is { Settled: not null }, "the first step's weight is served by");
        return rollout;
    }
}
