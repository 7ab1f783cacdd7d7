using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Governing;

public sealed class ApprovalTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ApprovalTests() => _world.Gateways.Crowd = new FakeCrowd(_world.Time);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task ByARole_AnotherRole_IsRefusedAndTheRoleIsNamed()
    {
        var rollout = await AtTheApproval(new ApprovalRule { By = "release-managers" });
        var refused = await Should.ThrowAsync<ForbiddenException>(() => _world.Rollouts.Promote(Sample.App, _cancel, by: Who("bob", "deployer", "admin")));
        refused.Message.ShouldBe("bob may not approve step 2 of the canary of shop: it waits for an approval by release-managers. To make an account one of them: slipway app member add shop ACCOUNT --role release-managers");
        await Should.ThrowAsync<ForbiddenException>(() => _world.Rollouts.Promote(Sample.App, _cancel));
        (Stored(rollout).Step, Stored(rollout).State).ShouldBe((1, RolloutState.Holding));

        await _world.Rollouts.Promote(Sample.App, _cancel, by: Who("alice", "release-managers"));
        Stored(rollout).Canary!.History[1].ShouldSatisfyAllConditions(h => h.End.ShouldBe("approved"), h => h.By.ShouldBe("alice"));
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Events.From(0, Sample.App, 1000).Single(e => e.Type == ReleaseEvents.Approved).By.ShouldBe("alice");
        _world.Events.From(0, Sample.App, 1000).Single(e => e.Type == ReleaseEvents.Holding).Text.ShouldBe("it waits for an approval by release-managers");
    }

    [Fact]
    public async Task CountOfTwo_WantsTwoPeople_AndSurvivesARestartInBetween()
    {
        var rollout = await AtTheApproval(new ApprovalRule { By = "release-managers", Count = 2 });
        await _world.Rollouts.Promote(Sample.App, _cancel, by: Who("alice", "release-managers"));
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Promote(Sample.App, _cancel, by: Who("alice", "release-managers"))))
            .Message.ShouldBe("alice has approved step 2 of the canary of shop already (1 of 2 approvals, by alice): the next approval is another person's.");
        _world.StartServer();
        await _world.For(TimeSpan.FromMinutes(1));
        Stored(rollout).Canary!.Approvals.ShouldHaveSingleItem().By.ShouldBe("alice");

        await _world.Rollouts.Promote(Sample.App, _cancel, by: Who("bob", "release-managers"));
        Stored(rollout).Step.ShouldBe(2);
        Stored(rollout).Canary!.History[1].By.ShouldBe("alice, bob");
        _world.Events.From(0, Sample.App, 1000).Where(e => e.Type == ReleaseEvents.Approved).Select(e => (e.By, e.Text)).ShouldBe([("alice", "1 of 2 approvals"), ("bob", "2 of 2 approvals")]);
    }

    [Fact]
    public async Task NotAuthor_WhoDeployed_MayNotApprove()
    {
        await AtTheApproval(new ApprovalRule { By = "release-managers", NotAuthor = true }, author: "alice");
        (await Should.ThrowAsync<ForbiddenException>(() => _world.Rollouts.Promote(Sample.App, _cancel, by: Who("alice", "release-managers")))).Message.ShouldContain("not of the person who deployed it");
        (await _world.Rollouts.Promote(Sample.App, _cancel, by: Who("bob", "release-managers"))).Step.ShouldBe(2);
    }

    [Fact]
    public async Task PassingOver_TheApproval_IsRefused()
    {
        var rollout = await Deploy(new ApprovalRule { By = "release-managers" });
        await _world.Reaches(rollout, RolloutState.Shifting);
        (await Should.ThrowAsync<ForbiddenException>(() => _world.Rollouts.Promote(Sample.App, _cancel, toStep: 3, by: Who("bob", "deployer"))))
            .Message.ShouldBe("Step 2 of the canary of shop waits for an approval by release-managers, and can't be passed over. To go as far as that: slipway promote shop --to-step 2");
        // To the next step it goes, and waits there.
        (await _world.Rollouts.Promote(Sample.App, _cancel, by: Who("bob", "deployer"))).ShouldSatisfyAllConditions(r => r.Step.ShouldBe(1), r => r.Canary!.Hold.ShouldBe(CanaryHold.Approval));
        (await Should.ThrowAsync<ForbiddenException>(() => _world.Rollouts.Promote(Sample.App, _cancel, toStep: 3, by: Who("bob", "deployer")))).Message.ShouldEndWith("To give it: slipway promote shop");
        var next = await _world.Rollouts.Promote(Sample.App, _cancel, by: Who("root") with { DespiteApprovals = true });
        next.Canary!.History[1].ShouldSatisfyAllConditions(h => h.End.ShouldBe("overridden"), h => h.By.ShouldBe("root"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task DeployPromote_WithStrictApprovals_GoesByTheStepsUnlessAnAdministratorSetsThemAside(bool despite)
    {
        await Live();
        var rollout = await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, true, _cancel, Who("bob") with { DespiteApprovals = despite });
        await Stage(rollout, Model(new ApprovalRule { By = "release-managers" }));
        if (despite) await _world.Reaches(rollout, RolloutState.Done);
        else await _world.Until(() => Stored(rollout).Canary?.Hold == CanaryHold.Approval, "it waits for the approval");
        Should.Throw<ForbiddenException>(() => Rollouts.CheckApprovals(Model(new ApprovalRule { Count = 2 }), Who("bob"))).Message.ShouldContain("its steps ask for 2 approvals");
    }

    [Fact]
    public async Task Rollback_ToWhatWasNeverLiveAndNeverApproved_IsRefused()
    {
        await AtTheApproval(new ApprovalRule { By = "release-managers" });
        await _world.Rollouts.Abort(Sample.App, _cancel, "bob");
        await _world.Until(() => _world.Stored(Sample.App)!.Rollout is null, "it is rolled back");
        (await Should.ThrowAsync<ForbiddenException>(() => _world.Rollouts.Rollback(Sample.App, 2, _cancel, Who("bob")))).Message.ShouldStartWith("v2 of shop was never live, and asks for an approval by release-managers");
    }

    [Fact]
    public async Task NothingRoutedChanged_StrictApprovals_AreWaitedForAllTheSame()
    {
        await Live();
        var rollout = await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel, Who("bob"));
        var model = Model(new ApprovalRule { By = "release-managers" }, worker: true);
        await Stage(rollout, model, web: 1);
        await _world.Until(() => Stored(rollout).Canary?.Hold == CanaryHold.Approval, "it waits for the approval");
        await _world.For(TimeSpan.FromHours(1));
        _world.Stored(Sample.App)!.Live.ShouldBe(1);
        await _world.Rollouts.Promote(Sample.App, _cancel, by: Who("alice", "release-managers"));
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Stored(Sample.App)!.Live.ShouldBe(2);
    }

    static Asker Who(string name, params string[] roles) => new() { Name = name, Roles = roles.ToHashSet() };

    Rollout Stored(Rollout rollout) => _world.Queries.Rollout(rollout.Id)!;

    static AppModel Model(ApprovalRule rule, bool worker = false) => Sample.Model(
        Strategy.Canary, worker: worker, canary: Sample.Canary with { Steps = [Sample.Step(1000, 2), new CanaryStep { Approve = rule }, Sample.Step(10000, 2)] });

    async Task Live() => await _world.Reaches((await _world.Deploy(Sample.Model(Strategy.Canary), web: 1)).Rollout, RolloutState.Done);

    async Task<Rollout> Deploy(ApprovalRule rule, string author = "dave")
    {
        await Live();
        var rollout = await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel, Who(author));
        await Stage(rollout, Model(rule));
        return rollout;
    }

    async Task Stage(Rollout rollout, AppModel model, int web = 2)
    {
        await _world.Rollouts.TakeQueued(_cancel);
        await _world.Rollouts.Stage(
            rollout.Id, model, model.Services.ToDictionary(s => s.Name, s => Sample.Image(model.Name, s.Name, s.Name == "redis" ? 1 : web)), new Dictionary<string, Engines.ImageFacts>(), _cancel);
    }

    async Task<Rollout> AtTheApproval(ApprovalRule rule, string author = "dave")
    {
        var rollout = await Deploy(rule, author);
        await _world.Until(() => Stored(rollout).Canary?.Hold == CanaryHold.Approval, "it waits for the approval");
        return rollout;
    }
}
