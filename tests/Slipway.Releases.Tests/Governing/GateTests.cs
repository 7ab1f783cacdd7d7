using Slipway.Model;
using Slipway.Releases.Tests.Compose;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Governing;

/// <summary>The approvals before a release's first request: by its file, and by a rule of the app that no file can drop.</summary>
public sealed class GateTests : IAsyncLifetime
{
    static readonly ApprovalRule Managers = new() { By = "release-managers", Count = 2, NotAuthor = true };
    static readonly ApprovalRule Security = new() { By = "security" };

    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public GateTests() => _world.Gateways.Crowd = new FakeCrowd(_world.Time);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task File_BlueGreen_WaitsForTwoPeopleWhoAreNotTheAuthor_AndTheLastOnePromotes()
    {
        await Live(Strategy.BlueGreen);
        var rollout = await Waiting(Strategy.BlueGreen, Managers, author: "alice");
        (await Should.ThrowAsync<ForbiddenException>(() => Promote("dave", "deployer", "admin"))).Message.ShouldBe(
            "dave may not approve v2 of shop: it waits for 2 approvals by release-managers, not of the person who deployed it. To make an account one of them: slipway app member add shop ACCOUNT --role release-managers");
        (await Should.ThrowAsync<ForbiddenException>(() => Promote("alice", "release-managers"))).Message.ShouldContain("not of the person who deployed it");
        await Promote("bob", "release-managers");
        (await Should.ThrowAsync<ConflictException>(() => Promote("bob", "release-managers"))).Message.ShouldBe("bob has approved v2 of shop already (1 of 2 approvals, by bob): the next approval is another person's.");
        _world.StartServer();
        await _world.For(TimeSpan.FromMinutes(1));
        (Stored(rollout).State, _world.Stored(Sample.App)!.Live).ShouldBe((RolloutState.Holding, 1));

        await Promote("carol", "release-managers");

        await _world.Reaches(rollout, RolloutState.Done);
        _world.Stored(Sample.App)!.Live.ShouldBe(2);
        Stored(rollout).Gate!.Met.Single().Approvals.Select(a => a.By).ShouldBe(["bob", "carol"]);
        Events().Where(e => e.Type is ReleaseEvents.Holding or ReleaseEvents.Approved).Select(e => (e.Type, e.By, e.Text)).ShouldBe(
        [
            (ReleaseEvents.Holding, null, "it waits for 2 approvals by release-managers, not of the person who deployed it"),
            (ReleaseEvents.Approved, "bob", "1 of 2 approvals"), (ReleaseEvents.Approved, "carol", "2 of 2 approvals"),
        ]);
    }

    [Theory]
    [InlineData(Strategy.BlueGreen, false)]
    [InlineData(Strategy.BlueGreen, true)]
    [InlineData(Strategy.Rolling, false)]
    [InlineData(Strategy.Canary, false)]
    [InlineData(Strategy.Canary, true)]
    public async Task App_RuleOfItsOwn_HoldsForEveryStrategy_WhateverTheFileSays(Strategy strategy, bool promote)
    {
        await Live(strategy);
        await _world.Approvals.Set(Sample.App, Security, "root", _cancel);
        var rollout = await Waiting(strategy, null, promote: promote);
        await _world.For(TimeSpan.FromHours(1));
        _world.Stored(Sample.App)!.Live.ShouldBe(1);
        await Should.ThrowAsync<ForbiddenException>(() => Promote("dave", "deployer"));

        await Promote("sam", "security");

        await _world.Reaches(rollout, RolloutState.Done);
        _world.Stored(Sample.App)!.Live.ShouldBe(2);
    }

    [Fact]
    public async Task FileAndApp_BothRules_AreWaitedForOneByOne()
    {
        await Live(Strategy.BlueGreen);
        await _world.Approvals.Set(Sample.App, Security, "root", _cancel);
        var rollout = await Waiting(Strategy.BlueGreen, new ApprovalRule { By = "qa" });
        await Should.ThrowAsync<ForbiddenException>(() => Promote("sam", "security"));
        (await Promote("quinn", "qa")).ShouldSatisfyAllConditions(r => r.State.ShouldBe(RolloutState.Holding), r => r.Gate!.Asks.ShouldBe(Security));
        await Should.ThrowAsync<ForbiddenException>(() => Promote("quinn", "qa"));
        await Promote("sam", "security");
        await _world.Reaches(rollout, RolloutState.Done);
        Events().Where(e => e.Type == ReleaseEvents.Holding).Select(e => e.Text).ShouldBe(["it waits for an approval by qa", "it waits for an approval by security"]);
    }

    [Fact]
    public async Task App_RuleSetWhileAReleaseWaits_CountsForIt_AndLiftedLetsItGoOn()
    {
        await Live(Strategy.BlueGreen);
        var rollout = await Deploy(Strategy.BlueGreen, null);
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.Approvals.Set(Sample.App, Security, "root", _cancel);
        await Should.ThrowAsync<ForbiddenException>(() => Promote("dave", "deployer"));
        await _world.Until(() => Stored(rollout).Gate?.Asks == Security, "it asks by the rule");

        await _world.Approvals.Set(Sample.App, null, "root", _cancel);

        await _world.Until(() => Stored(rollout) is { State: RolloutState.Holding, Gate.Asks: null }, "it waits for a promote, as before");
        await Promote("dave", "deployer");
        await _world.Reaches(rollout, RolloutState.Done);
        Events().Where(e => e.Type == ReleaseEvents.RuleChanged).Select(e => (e.By, e.Text)).ShouldBe([("root", "every release waits for an approval by security"), ("root", "no approval is asked for any more")]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Administrator_SetsApprovalsAside_AndThatIsRemembered(bool atDeploy)
    {
        await Live(Strategy.BlueGreen);
        await _world.Approvals.Set(Sample.App, Security, "root", _cancel);
        var rollout = atDeploy ? await Deploy(Strategy.BlueGreen, null, promote: true, despite: true) : await Waiting(Strategy.BlueGreen, null);
        if (!atDeploy) await _world.Rollouts.Promote(Sample.App, _cancel, by: Who("root") with { DespiteApprovals = true });
        await _world.Reaches(rollout, RolloutState.Done);
        Stored(rollout).DespiteApprovals.ShouldBeTrue();
        if (!atDeploy) Events().Single(e => e.Type == ReleaseEvents.Approved).ShouldSatisfyAllConditions(e => e.By.ShouldBe("root"), e => e.Text.ShouldBe("without the approvals that it waited for"));
    }

    [Fact]
    public async Task FirstRelease_AndTheWayBack_AreNotAskedAbout()
    {
        await Live(Strategy.BlueGreen, Managers);
        await _world.Approvals.Set(Sample.App, Security, "root", _cancel);
        var rollout = await Waiting(Strategy.BlueGreen, null);
        await Promote("sam", "security");
        await _world.Reaches(rollout, RolloutState.Done);

        var back = await _world.Rollouts.Rollback(Sample.App, null, _cancel, Who("dave"));

        await _world.Reaches(back, RolloutState.Done);
        _world.Stored(Sample.App)!.Live.ShouldBe(1);
    }

    [Fact]
    public async Task Rollback_ToWhatWasNeverLive_IsRefusedByTheAppsRule()
    {
        await Live(Strategy.BlueGreen);
        await _world.Approvals.Set(Sample.App, Security, "root", _cancel);
        await Waiting(Strategy.BlueGreen, null);
        await _world.Rollouts.Abort(Sample.App, _cancel, "bob");
        await _world.Until(() => _world.Stored(Sample.App)!.Rollout is null, "it is rolled back");
        (await Should.ThrowAsync<ForbiddenException>(() => _world.Rollouts.Rollback(Sample.App, 2, _cancel, Who("bob")))).Message.ShouldStartWith("v2 of shop was never live, and asks for an approval by security");
    }

    [Theory]
    [InlineData("7up", 1, "by")]
    [InlineData("security", 0, "count")]
    [InlineData("security", 11, "count")]
    public async Task Set_BadRule_IsNamedByKey(string role, int count, string key)
    {
        await Live(Strategy.BlueGreen);
        (await Should.ThrowAsync<InvalidInputException>(() => _world.Approvals.Set(Sample.App, new ApprovalRule { By = role, Count = count }, "root", _cancel))).Diagnostics.Single().Key.ShouldBe(key);
    }

    [Theory]
    [InlineData("strategy: blue-green, approve: true", null, 1, false)]
    [InlineData("strategy: blue-green, approve: release-managers", "release-managers", 1, false)]
    [InlineData("strategy: rolling, approve: {by: release-managers, count: 2, not-author: true}", "release-managers", 2, true)]
    public void Approve_OfXRelease_IsReadAsThatOfAStep(string text, string? by, int count, bool notAuthor) =>
        ComposeFolder.Service($"ports: ['80']\nx-release: {{{text}}}").Release.Approve.ShouldBe(new ApprovalRule { By = by, Count = count, NotAuthor = notAuthor });

    [Fact]
    public void Approve_False_IsNone() => ComposeFolder.Service("ports: ['80']\nx-release: {strategy: blue-green, approve: false}").Release.Approve.ShouldBeNull();

    static Asker Who(string name, params string[] roles) => new() { Name = name, Roles = roles.ToHashSet() };

    Rollout Stored(Rollout rollout) => _world.Queries.Rollout(rollout.Id)!;

    IEnumerable<ReleaseEvent> Events() => _world.Events.From(0, Sample.App, 1000);

    Task<Rollout> Promote(string name, params string[] roles) => _world.Rollouts.Promote(Sample.App, _cancel, by: Who(name, roles));

    static AppModel Model(Strategy strategy, ApprovalRule? rule)
    {
        var model = Sample.Model(strategy);
        return model with { Services = [.. model.Services.Select(s => s.Release.IsRouted ? s with { Release = s.Release with { Approve = rule } } : s)] };
    }

    async Task Live(Strategy strategy, ApprovalRule? rule = null) => await _world.Reaches((await _world.Deploy(Model(strategy, rule), web: 1)).Rollout, RolloutState.Done);

    async Task<Rollout> Deploy(Strategy strategy, ApprovalRule? rule, string author = "dave", bool promote = false, bool despite = false)
    {
        var rollout = await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, promote, _cancel, Who(author) with { DespiteApprovals = despite });
        await _world.Rollouts.TakeQueued(_cancel);
        var model = Model(strategy, rule);
        await _world.Rollouts.Stage(
            rollout.Id, model, model.Services.ToDictionary(s => s.Name, s => Sample.Image(model.Name, s.Name, s.Name == "redis" ? 1 : 2)), new Dictionary<string, Engines.ImageFacts>(), _cancel);
        return rollout;
    }

    async Task<Rollout> Waiting(Strategy strategy, ApprovalRule? rule, string author = "dave", bool promote = false)
    {
        var rollout = await Deploy(strategy, rule, author, promote);
        await _world.Until(() => Stored(rollout) is { State: RolloutState.Holding, Gate.Asks: not null }, "it waits for approvals");
        return rollout;
    }
}
