using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Jobs;

/// <summary>Invariant 12: a declared one-way step blocks automatic rollback past it.</summary>
public sealed class OneWayTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Canary_JudgeFails_HoldsWithTheWeightThatItHas()
    {
        await using var world = await BadCanary(JobSample.Migrate);
        var rollout = world.Queries.Rollout(2)!;
        (rollout.State, rollout.Canary!.Hold, rollout.Canary.Weight).ShouldBe((RolloutState.Holding, CanaryHold.OneWay, 1000));
        rollout.OneWay!.Reason.ShouldContain("v2 ran a one-way step (web: python manage.py migrate, done ");
        rollout.OneWay.Reason.ShouldContain("slipway abort shop --past-one-way");
        await world.For(TimeSpan.FromMinutes(10));
        (world.WeightOf(1), world.WeightOf(2)).ShouldBe((9000, 1000));
        world.Queries.App(Sample.App)!.Next.ShouldBe("slipway abort shop --past-one-way");
        (await world.Journal(rollout)).OfType<RolloutEvent.StateChanged>().Last().Message!.ShouldContain("one-way step");
    }

    [Fact]
    public async Task Canary_NotOneWay_IsTakenBackByItself()
    {
        await using var world = await BadCanary(JobSample.Migrate with { OneWay = false }, RolloutState.RolledBack);
        world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task Canary_Held_IsTakenBackOnlyByWhoSaysSo()
    {
        await using var world = await BadCanary(JobSample.Migrate);
        foreach (var refused in (Func<Task>[])[() => world.Rollouts.Abort(Sample.App, Cancel), () => world.Rollouts.Rollback(Sample.App, null, Cancel), () => world.Rollouts.Cancel(2, Cancel)])
            (await Should.ThrowAsync<ConflictException>(refused)).Message.ShouldContain("--past-one-way");
        await Should.ThrowAsync<ConflictException>(() => world.Rollouts.Pause(Sample.App, Cancel));
        (await Should.ThrowAsync<ConflictException>(() => world.Rollouts.Resume(Sample.App, Cancel))).Message.ShouldContain("slipway promote shop");
        await world.Rollouts.Abort(Sample.App, Cancel, "alice", pastOneWay: true);
        await world.Reaches(world.Queries.Rollout(2)!, RolloutState.RolledBack);
        world.Serving().ShouldBe([1]);
        world.Queries.Rollout(2)!.Error!.ShouldBe($"It was aborted by alice. v2 ran a one-way step (web: python manage.py migrate, done {world.RunsOf(2).Single().Ended:yyyy-MM-dd HH:mm:ss} UTC), which stays done.");
    }

    [Fact]
    public async Task Canary_HeldAndPromoted_GoesOnAndIsJudgedAnew()
    {
        await using var world = await BadCanary(JobSample.Migrate);
        await world.Rollouts.Promote(Sample.App, Cancel);
        var rollout = world.Queries.Rollout(2)!;
        (rollout.State, rollout.OneWay, rollout.Canary!.Weight).ShouldBe((RolloutState.Shifting, null, 5000));
        await world.For(TimeSpan.FromSeconds(20));
        world.StateOf(rollout).ShouldBe(RolloutState.Shifting, "what was measured before does not count against it");
        await world.Reaches(rollout, RolloutState.Holding);
        world.Queries.Rollout(2)!.Canary!.Hold.ShouldBe(CanaryHold.OneWay, "it is as bad as it was");
        world.Gateways.Crowd!.Errors.Clear();
        await world.Rollouts.Promote(Sample.App, Cancel);
        await world.Reaches(rollout, RolloutState.Done);
        world.Serving().ShouldBe([2]);
    }

    [Fact]
    public async Task Canary_HeldAndServerRestarts_HoldsOn()
    {
        await using var world = await BadCanary(JobSample.Migrate);
        world.StartServer();
        await world.For(TimeSpan.FromMinutes(5));
        (world.StateOf(world.Queries.Rollout(2)!), world.WeightOf(2)).ShouldBe((RolloutState.Holding, 1000));
    }

    [Fact]
    public async Task Canary_HeldAndDeployed_GivesWay()
    {
        await using var world = await BadCanary(JobSample.Migrate);
        var (third, _) = await world.Deploy(Model(JobSample.Migrate), 3, autoPromote: true);
        world.StateOf(world.Queries.Rollout(2)!).ShouldBe(RolloutState.Superseded);
        await world.Reaches(third, RolloutState.Done);
        world.Serving().ShouldBe([3]);
    }

    [Fact]
    public async Task Canary_InstancesDie_Holds()
    {
        await using var world = new World();
        world.Gateways.Crowd = new FakeCrowd(world.Time);
        await world.FirstRelease(Model(JobSample.Migrate));
        var (second, _) = await world.Deploy(Model(JobSample.Migrate), 2);
        await world.Reaches(second, RolloutState.Shifting);
        await world.Until(() => world.WeightOf(2) == 1000, "the canary has its share");
        world.Engine.EndsWith = w => w is { Job: not null } ? 0 : w is { Service: "web", Release: 2 } ? 1 : null;
        world.Engine.Die(world.Engine.All.Single(i => i.Name == "shop.web.v2.1").Id);
        await world.Reaches(second, RolloutState.Holding);
        world.Queries.Rollout(second.Id)!.OneWay!.Reason.ShouldContain("web of v2 (shop.web.v2.1) ended 3 times");
        world.Serving().ShouldBe([1], "what is dead gets nothing anyhow");
    }

    [Fact]
    public async Task Rolling_InstanceDiesInTheMiddle_HoldsAsItIs()
    {
        await using var world = await HalfRolled();
        var second = world.Queries.Rollout(2)!;
        second.OneWay!.Reason.ShouldContain("one-way step");
        var running = world.Running();
        world.Serving().ShouldBe([1, 2], ignoreOrder: true);
        await world.For(TimeSpan.FromMinutes(10));
        world.Running().ShouldBe(running, "neither goes on nor back");
        (await Should.ThrowAsync<ConflictException>(() => world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, Cancel))).Message.ShouldContain("--past-one-way");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Rolling_Held_GoesOnOrBackAsAPersonSays(bool on)
    {
        await using var world = await HalfRolled();
        var second = world.Queries.Rollout(2)!;
        world.JobsEndWith(0);
        if (on)
        {
            // The one that kept ending is well again, and then the person says so.
            await world.For(TimeSpan.FromMinutes(2));
            await world.Rollouts.Promote(Sample.App, Cancel);
            await world.Reaches(second, RolloutState.Done);
        }
        else
        {
            await Should.ThrowAsync<ConflictException>(() => world.Rollouts.Abort(Sample.App, Cancel));
            await world.Rollouts.Abort(Sample.App, Cancel, pastOneWay: true);
            await world.Reaches(second, RolloutState.RolledBack);
        }
        world.Serving().ShouldBe([on ? 2 : 1]);
    }

    [Fact]
    public async Task BlueGreen_NeverReady_FailsBecauseNothingIsMovedBack()
    {
        await using var world = new World();
        await world.FirstRelease();
        world.Silent = i => i is { Service: "web", Release: 2 };
        var (second, _) = await world.Deploy(JobSample.Model(), 2);
        await world.Reaches(second, RolloutState.RolledBack);
        world.Serving().ShouldBe([1]);
        world.Queries.Rollout(second.Id)!.Error!.ShouldContain("which stays done: v1 goes on with what it left");
    }

    [Fact]
    public async Task BlueGreen_HoldingUnseen_MayBeAbortedAndItIsSaid()
    {
        await using var world = new World();
        await world.FirstRelease();
        var (second, _) = await world.Deploy(JobSample.Model(), 2);
        await world.Reaches(second, RolloutState.Holding);
        await world.Rollouts.Abort(Sample.App, Cancel);
        await world.Reaches(second, RolloutState.RolledBack);
        world.Queries.Rollout(second.Id)!.Error!.ShouldContain("one-way step");
    }

    [Fact]
    public async Task Rollback_PastAOneWayStep_IsRefusedWithoutTheWord()
    {
        await using var world = new World();
        await world.FirstRelease();
        await world.Reaches((await world.Deploy(JobSample.Model(), 2, autoPromote: true)).Rollout, RolloutState.Done);
        var refusal = (await Should.ThrowAsync<ConflictException>(() => world.Rollouts.Rollback(Sample.App, null, Cancel))).Message;
        refusal.ShouldBe($"v2 ran a one-way step (web: python manage.py migrate, done {world.RunsOf(2).Single().Ended:yyyy-MM-dd HH:mm:ss} UTC): v1 knows nothing of it and may not get along with what it left. To go back all the same: slipway rollback shop --to 1 --past-one-way.");
        var back = await world.Rollouts.Rollback(Sample.App, null, Cancel, pastOneWay: true);
        await world.Reaches(back, RolloutState.Done);
        world.Serving().ShouldBe([1]);
        // Forward again is no way back.
        await world.Reaches(await world.Rollouts.Rollback(Sample.App, 2, Cancel), RolloutState.Done);
    }

    [Fact]
    public async Task Rollback_PastACompatibleStep_IsAsEver()
    {
        await using var world = new World();
        var model = Sample.Model(Strategy.BlueGreen).With("web", JobSample.Migrate with { OneWay = false });
        await world.FirstRelease(model);
        await world.Reaches((await world.Deploy(model, 2, autoPromote: true)).Rollout, RolloutState.Done);
        await world.Reaches(await world.Rollouts.Rollback(Sample.App, null, Cancel), RolloutState.Done);
        world.Serving().ShouldBe([1]);
    }

    static AppModel Model(JobModel job) => Sample.Model(Strategy.Canary).With("web", job);

    /// <summary>v1 live, v2 a canary whose errors the judge has seen.</summary>
    static async Task<World> BadCanary(JobModel job, RolloutState end = RolloutState.Holding)
    {
        var world = new World();
        world.Gateways.Crowd = new FakeCrowd(world.Time);
        await world.FirstRelease(Model(job));
        world.Gateways.Crowd.Errors[2] = 0.3;
        var (second, _) = await world.Deploy(Model(job), 2);
        await world.Reaches(second, end);
        return world;
    }

    /// <summary>v1 and v2 have two instances each of three and the second of v2 keeps ending.</summary>
    static async Task<World> HalfRolled()
    {
        var world = new World();
        await world.FirstRelease(JobSample.Model(Strategy.Rolling, replicas: 3));
        var (second, _) = await world.Deploy(JobSample.Model(Strategy.Rolling, replicas: 3), 2);
        await world.Until(() => world.Running().Contains("shop.web.v2.2"), "two of v2 run");
        world.Engine.EndsWith = w => w is { Job: not null } ? 0 : w is { Service: "web", Release: 2 } ? 1 : null;
        world.Engine.Die(world.Engine.All.Single(i => i.Name == "shop.web.v2.2").Id);
        await world.Reaches(second, RolloutState.Holding);
        return world;
    }
}
