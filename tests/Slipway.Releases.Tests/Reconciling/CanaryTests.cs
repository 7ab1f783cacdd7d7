using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

public sealed class CanaryTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    readonly FakeCrowd _crowd;

    public CanaryTests() => _world.Gateways.Crowd = _crowd = new FakeCrowd(_world.Time);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task FirstRelease_Ready_GoesLiveAtOnce()
    {
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Canary), web: 1);
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Serving().ShouldBe([1]);
        _world.Queries.Rollout(rollout.Id)!.Canary.ShouldBeNull();
    }

    [Fact]
    public async Task SecondRelease_Good_GoesThroughEveryStepAndTheOldOneStaysWarm()
    {
        var rollout = await Second();
        var weights = new List<int>();
        _world.Gateways.Swapped += table => weights.Add(_world.WeightOf(2) ?? -1);
        await _world.Reaches(rollout, RolloutState.Shifting);
        var began = _world.Time.Now;

        await Settled(rollout, 2);
        _world.StateOf(rollout).ShouldBe(RolloutState.Baking);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v2.1"], "both at full capacity");
        (_world.WeightOf(1), _world.WeightOf(2)).ShouldBe((0, 10000));
        await _world.Reaches(rollout, RolloutState.Done);

        weights.Distinct().Where(w => w > 0).ShouldBe([1000, 5000, 10000, 1]);
        (_world.Time.Now - began).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(6));
        _world.Serving().ShouldBe([2]);
        _world.Running().ShouldContain("shop.web.v1.1");
        _world.Queries.App(Sample.App)!.Next.ShouldBe("slipway rollback shop");
        _world.Gateways.Table.Routes.ShouldAllBe(r => r.Split == null);
        var history = _world.Queries.Rollout(rollout.Id)!.Canary!.History;
        history.Select(h => (h.Step, h.Weight, h.End)).ShouldBe([(0, 1000, "passed"), (1, 5000, "passed"), (2, 10000, "passed")]);
        history.ShouldAllBe(h => h.Ended - h.Began >= TimeSpan.FromMinutes(2));
    }

    [Fact]
    public async Task Rollback_OfADoneCanary_IsAChangeOfRoutes()
    {
        var rollout = await Second();
        await _world.Reaches(rollout, RolloutState.Done);
        var prepared = _world.Engine.Prepared.Count;
        await _world.Reaches(await _world.Rollouts.Rollback(Sample.App, null, _cancel), RolloutState.Done);
        _world.Serving().ShouldBe([1]);
        _world.Engine.Prepared.Count.ShouldBe(prepared);
    }

    [Fact]
    public async Task Step_Weight_IsStoredRoutedAndAcknowledgedBeforeItsTimeBegins()
    {
        var rollout = await Second();
        await _world.Reaches(rollout, RolloutState.Verifying);
        // The gateway is away from the moment that the weight is wanted.
        await _world.Until(() =>
        {
            var isWanted = _world.Queries.Rollout(rollout.Id)!.Canary is not null;
            if (isWanted) _world.Gateways.IsAway = true;
            return isWanted;
        }, "the first step is stored");
        await _world.For(TimeSpan.FromMinutes(10));
        var waiting = Progress(rollout);
        (waiting.Weight, waiting.Settled, waiting.Since).ShouldBe((1000, null, null));
        _world.StateOf(rollout).ShouldBe(RolloutState.Shifting);

        _world.Gateways.IsAway = false;
        await _world.Until(() => Progress(rollout).Since is not null, "the time runs");
        _world.WeightOf(2).ShouldBe(1000);
        Progress(rollout).Since.ShouldBe(Progress(rollout).Settled);
    }

    [Fact]
    public async Task Split_Route_NamesBothReleasesWithTheAppsKey()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        var route = _world.Gateways.Table.Routes.Single(r => r.Hosts.Contains("web.shop.localhost"));
        route.Destinations.Select(d => (d.Release, d.Weight)).ShouldBe([(1, 9000), (2, 1000)]);
        route.Split.ShouldNotBeNull().Sticky.ShouldBe(StickyKind.User);
        route.Split.Release.ShouldBe(2);
        Convert.FromBase64String(route.Split.Key).Length.ShouldBe(32);
        _world.Gateways.Table.Routes.Single(r => r.Hosts.Contains("preview.web.shop.localhost")).IsPreview.ShouldBeTrue();
        _world.Queries.App(Sample.App)!.PreviewUrls.ShouldBe(["http://preview.web.shop.localhost/"]);
    }

    [Fact]
    public async Task Judge_ErrorsOfTheNewRelease_RollsBackByItself()
    {
        var rollout = await Second();
        _crowd.Errors[2] = 0.2;
        await _world.Reaches(rollout, RolloutState.RolledBack);
        var ended = _world.Queries.Rollout(rollout.Id)!;
        ended.Error.ShouldNotBeNull().ShouldStartWith("errors 20");
        ended.Error.ShouldEndWith("% against 0% of v1 in the same window (limit 1%), 2 of 2 windows.");
        ended.Canary!.History.ShouldHaveSingleItem().End.ShouldBe("failed");
        _world.Serving().ShouldBe([1]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
    }

    [Fact]
    public async Task Judge_SlowNewRelease_RollsBackWithBothTimes()
    {
        var rollout = await Second();
        _crowd.Milliseconds[1] = 200;
        _crowd.Milliseconds[2] = 740;
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain(" ms of v1 in the same window (limit 500 ms), 2 of 2 windows");
    }

    [Fact]
    public async Task Judge_BadOnlyWhileItBakes_RollsBackAtOnce()
    {
        var rollout = await Second();
        await Settled(rollout, 2);
        _crowd.Errors[2] = 0.5;
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Serving().ShouldBe([1]);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("limit 1%");
    }

    [Fact]
    public async Task Judge_OneBadWindowOfFour_IsNoReason()
    {
        var rollout = await Second(policy: Sample.Canary with { Judge = new JudgePolicy { Window = TimeSpan.FromSeconds(15) } });
        await Settled(rollout, 0);
        _crowd.Errors[2] = 0.3;
        await _world.Until(() => Windows(rollout).Any(w => w.Verdict == JudgeVerdict.Fail), "a failed window");
        _crowd.Errors[2] = 0;
        await _world.Reaches(rollout, RolloutState.Done);
        Windows(rollout).Count(w => w.Verdict == JudgeVerdict.Fail).ShouldBe(1);
    }

    [Fact]
    public async Task Judge_InstanceThatWasStartedAgain_CountsAsARestart()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        await _world.For(TimeSpan.FromSeconds(20));
        _world.Engine.Die(_world.Engine.All.Single(i => i.Name == "shop.web.v2.1").Id);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("1 restart (limit 0)");
    }

    [Fact]
    public async Task Judge_EngineThatWasStartedAnew_IsNotTheReleasesFault()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        await _world.For(TimeSpan.FromSeconds(20));
        _world.Engine.Restart();
        await _world.Reaches(rollout, RolloutState.Done);
    }

    [Fact]
    public async Task NoData_LongerThanHoldMax_HoldsAndGoesOnWithData()
    {
        var rollout = await Second();
        _crowd.PerSecond = 0.1;
        await _world.Reaches(rollout, RolloutState.Holding);
        Progress(rollout).Hold.ShouldBe(CanaryHold.NoData);
        (_world.Time.Now - Progress(rollout).Settled!.Value).ShouldBeGreaterThanOrEqualTo(TimeSpan.FromMinutes(30));
        Windows(rollout).ShouldAllBe(w => w.Verdict == JudgeVerdict.NoData);
        _world.WeightOf(2).ShouldBe(1000);

        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Resume(Sample.App, _cancel))).Message.ShouldContain("goes on by itself");

        _crowd.PerSecond = 100;
        await _world.Reaches(rollout, RolloutState.Done);
    }

    [Fact]
    public async Task NoData_ShorterThanHoldMax_NeitherPassesNorFails()
    {
        var rollout = await Second();
        _crowd.PerSecond = 0.1;
        await Settled(rollout, 0);
        await _world.For(TimeSpan.FromMinutes(20));
        (_world.StateOf(rollout), _world.Queries.Rollout(rollout.Id)!.Step).ShouldBe((RolloutState.Shifting, 0));
    }

    [Fact]
    public async Task NoChecks_StepsEndByTimeAlone()
    {
        var rollout = await Second(policy: Sample.Canary with { Judge = new JudgePolicy { Checks = [] } });
        _crowd.PerSecond = 0;
        await _world.Reaches(rollout, RolloutState.Done);
    }

    [Fact]
    public async Task FirstVerdictOfAStep_ReachesBackToItsBeginning()
    {
        var rollout = await Second();
        // Between what is looked at and what is stored time passes.
        _world.Time.EachLook = TimeSpan.FromMilliseconds(3);
        await Settled(rollout, 1);
        await _world.Until(() => Windows(rollout).Any(w => w.Step == 1), "a verdict");
        var first = Windows(rollout).First(w => w.Step == 1);
        first.Verdict.ShouldBe(JudgeVerdict.Pass);
        first.From.ShouldBe(Progress(rollout).Settled!.Value);
        Windows(rollout).ShouldAllBe(w => w.Verdict == JudgeVerdict.Pass);
    }

    [Fact]
    public async Task GatewayStartedAnew_BeginsANewWindow()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        await _world.For(TimeSpan.FromSeconds(70));
        (_world.Gateways.Session, var before) = ("two", Windows(rollout).Count);
        _crowd.Forget();
        await _world.Until(() => Windows(rollout).Count >= before + 2, "two more windows");
        var after = Windows(rollout).Skip(before).ToList();
        after[0].Verdict.ShouldBe(JudgeVerdict.NoData);
        after[0].Reason.ShouldNotBeNull().ShouldContain("started anew");
        after[1].Verdict.ShouldBe(JudgeVerdict.Pass);
        after[1].From.ShouldBe(after[0].To);
    }

    [Fact]
    public async Task Approval_WaitsForAPersonWithTheWeightItFinds()
    {
        var rollout = await Second(policy: Sample.Canary with { Steps = [Sample.Approval, Sample.Step(1000, 2), Sample.Approval, Sample.Step(10000, 2)] });
        await _world.Reaches(rollout, RolloutState.Holding);
        await _world.For(TimeSpan.FromHours(2));
        (_world.StateOf(rollout), Progress(rollout).Hold).ShouldBe((RolloutState.Holding, CanaryHold.Approval));
        _world.WeightOf(2).ShouldBeNull("before the first weight nobody sees it");
        _world.Serving("preview.web.shop.localhost").ShouldBe([2]);

        await _world.Rollouts.Promote(Sample.App, _cancel, by: "ada");
        await Settled(rollout, 1);
        await _world.Reaches(rollout, RolloutState.Holding);
        _world.WeightOf(2).ShouldBe(1000);
        _world.Queries.App(Sample.App)!.Next.ShouldBe("slipway promote shop");

        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
        var history = _world.Queries.Rollout(rollout.Id)!.Canary!.History;
        history.Select(h => h.End).ShouldBe(["approved", "passed", "approved", "passed"]);
        history[0].By.ShouldBe("ada");
    }

    [Fact]
    public async Task Promote_TwoApprovalsInARow_GivesOne()
    {
        var rollout = await Second(policy: Sample.Canary with { Steps = [Sample.Step(1000, 2), Sample.Approval, Sample.Approval, Sample.Step(10000, 2)] });
        await _world.Reaches(rollout, RolloutState.Holding);
        var first = await _world.Rollouts.Promote(Sample.App, _cancel);
        (first.Step, first.State).ShouldBe((2, RolloutState.Holding));
        (await _world.Rollouts.Promote(Sample.App, _cancel)).State.ShouldBe(RolloutState.Baking);
    }

    [Fact]
    public async Task Promote_JustBeforeAnApproval_GivesIt()
    {
        var rollout = await Second(policy: Sample.Canary with { Steps = [Sample.Step(1000, 2), Sample.Approval, Sample.Step(10000, 2)] });
        await Settled(rollout, 0);
        (await _world.Rollouts.Promote(Sample.App, _cancel)).Step.ShouldBe(2);
    }

    [Fact]
    public async Task Approval_BadReleaseMeanwhile_IsRolledBack()
    {
        var rollout = await Second(policy: Sample.Canary with { Steps = [Sample.Step(1000, 2), Sample.Approval, Sample.Step(10000, 2)] });
        await _world.Reaches(rollout, RolloutState.Holding);
        _crowd.Errors[2] = 0.5;
        await _world.Reaches(rollout, RolloutState.RolledBack);
    }

    [Fact]
    public async Task Promote_InAStep_GoesOnAtOnce()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        (await _world.Rollouts.Promote(Sample.App, _cancel)).Step.ShouldBe(1);
        await Settled(rollout, 1);
        _world.WeightOf(2).ShouldBe(5000);
        await _world.Rollouts.Promote(Sample.App, _cancel, toStep: 3);
        await _world.Reaches(rollout, RolloutState.Baking);
        await _world.Rollouts.Promote(Sample.App, _cancel);
        await _world.Reaches(rollout, RolloutState.Done);
    }

    [Theory]
    [InlineData(1, "is at step 1 already", "2 to 3")]
    [InlineData(4, "has no step 4", "2 to 3")]
    [InlineData(0, "has no step 0", "2 to 3")]
    public async Task Promote_ToAStepThatCantBe_SaysWhichCan(int step, string said, string expected)
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        var refused = await Should.ThrowAsync<InvalidInputException>(() => _world.Rollouts.Promote(Sample.App, _cancel, toStep: step));
        var diagnostic = refused.Diagnostics.ShouldHaveSingleItem();
        (diagnostic.Key, diagnostic.Expected).ShouldBe(("to-step", expected));
        diagnostic.Message.ShouldContain(said);
        _world.Queries.Rollout(rollout.Id)!.Step.ShouldBe(0);
    }

    [Fact]
    public async Task Pause_StopsTheTimeAndKeepsTheShares_ResumeGoesOnWithWhatWasLeft()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        await _world.For(TimeSpan.FromSeconds(50));
        await _world.Rollouts.Pause(Sample.App, _cancel);
        await _world.For(TimeSpan.FromHours(3));
        (_world.StateOf(rollout), Progress(rollout).Hold, _world.WeightOf(2)).ShouldBe((RolloutState.Holding, CanaryHold.Paused, 1000));
        Progress(rollout).Elapsed.ShouldBe(TimeSpan.FromSeconds(50));
        _world.Queries.App(Sample.App)!.Next.ShouldBe("slipway resume shop");
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Pause(Sample.App, _cancel))).Message.ShouldContain("paused already");

        await _world.Rollouts.Resume(Sample.App, _cancel);
        var resumed = _world.Time.Now;
        await _world.Until(() => _world.Queries.Rollout(rollout.Id)!.Step == 1, "the next step");
        (_world.Time.Now - resumed).ShouldBeInRange(TimeSpan.FromSeconds(70), TimeSpan.FromSeconds(90));
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Resume(Sample.App, _cancel))).Message.ShouldContain("is not paused");
    }

    [Theory]
    [InlineData(RolloutState.Shifting)]
    [InlineData(RolloutState.Baking)]
    public async Task AbortOrRollback_InTheMiddle_GivesEverythingBackAtOnce(RolloutState at)
    {
        foreach (var rollback in (bool[])[false, true])
        {
            await using var world = new World();
            world.Gateways.Crowd = new FakeCrowd(world.Time);
            await world.Reaches((await world.Deploy(Sample.Model(Strategy.Canary), web: 1)).Rollout, RolloutState.Done);
            var (rollout, _) = await world.Deploy(Sample.Model(Strategy.Canary), web: 2);
            await world.Reaches(rollout, at);
            await world.Until(() => world.Queries.Rollout(rollout.Id)!.Canary!.Settled is not null, "the weight is served by");
            var now = world.Time.Now;

            var asked = rollback ? await world.Rollouts.Rollback(Sample.App, null, _cancel, "ada") : await world.Rollouts.Abort(Sample.App, _cancel, "ada");

            (asked.Id, asked.State).ShouldBe((rollout.Id, RolloutState.RollingBack));
            await world.Until(() => world.WeightOf(2) is null, "the routes");
            world.Time.Now.ShouldBe(now, "nothing was waited for");
            world.Serving().ShouldBe([1]);
            await world.Reaches(rollout, RolloutState.RolledBack);
            var ended = world.Queries.Rollout(rollout.Id)!;
            ended.Error.ShouldBe("It was aborted by ada.");
            ended.Canary!.History[^1].ShouldSatisfyAllConditions(h => h.End.ShouldBe("aborted"), h => h.By.ShouldBe("ada"), h => h.Ended.ShouldNotBeNull());
        }
    }

    [Theory]
    [InlineData(RolloutState.Shifting)]
    [InlineData(RolloutState.Holding)]
    [InlineData(RolloutState.Baking)]
    public async Task Deploy_InTheMiddle_BeginsAgainFromStable(RolloutState at)
    {
        var second = await Second(policy: Sample.Canary with { Steps = at == RolloutState.Holding ? [Sample.Step(1000, 2), Sample.Approval, Sample.Step(10000, 2)] : Sample.Canary.Steps });
        await _world.Reaches(second, at);
        var (third, _) = await _world.Deploy(Sample.Model(Strategy.Canary), web: 3);
        _world.StateOf(second).ShouldBe(RolloutState.Superseded);
        _world.Queries.Rollout(second.Id)!.Canary!.History[^1].End.ShouldBe("superseded");
        await _world.Until(() => _world.WeightOf(2) is null, "the unfinished release gets nothing");
        _world.Serving().ShouldBe([1]);
        await _world.Reaches(third, RolloutState.Done);
        _world.Queries.Rollout(third.Id)!.From.ShouldBe(1);
        _world.Serving().ShouldBe([3]);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1", "shop.web.v3.1"]);
    }

    [Fact]
    public async Task InstanceOfTheNewRelease_ThatKeepsEnding_FailsTheRollout()
    {
        var rollout = await Second(policy: Sample.Canary with { Judge = new JudgePolicy { Checks = [] } });
        await Settled(rollout, 0);
        _world.Engine.EndsWith = w => w is { Service: "web", Release: 2 } ? 1 : null;
        _world.Engine.Die(_world.Engine.All.Single(i => i.Name == "shop.web.v2.1").Id);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("ended 3 times");
        _world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task NothingRoutedChanged_GoesLiveWithoutSteps()
    {
        await Live();
        var model = Sample.Model(Strategy.Canary, worker: true);
        var (rollout, _) = await _world.Deploy(model, web: 1);
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Queries.Rollout(rollout.Id)!.Canary.ShouldBeNull();
    }

    [Fact]
    public async Task DeployPromote_SkipsTheSteps()
    {
        await Live();
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Canary), web: 2, autoPromote: true);
        await _world.Reaches(rollout, RolloutState.Done);
        _world.Serving().ShouldBe([2]);
    }

    [Fact]
    public async Task Commands_WithoutACanary_SayWhatThereIs()
    {
        await Live();
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Pause(Sample.App, _cancel))).Message.ShouldBe("There is no canary to pause: no rollout of shop is under way.");
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Resume(Sample.App, _cancel))).Message.ShouldContain("no canary to resume");
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Promote(Sample.App, _cancel, toStep: 2))).Message.ShouldContain("Steps are what a canary has");
    }

    [Fact]
    public async Task Status_OfACanary_TellsStepsWindowsAndWhatIsLeft()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        await _world.For(TimeSpan.FromSeconds(40));
        var status = (await _world.Canaries.Of(rollout.Id, _cancel))!;
        status.Left.ShouldBe(TimeSpan.FromSeconds(80));
        status.Windows.Count.ShouldBe(2);
        status.Windows.ShouldAllBe(w => w.Verdict == JudgeVerdict.Pass && w.New.Release == 2 && w.Stable.Release == 1 && w.New.Requests > 100);
        status.Now.ShouldNotBeNull().New.Requests.ShouldBeInRange(395, 405);

        await _world.Reaches(rollout, RolloutState.Done);
        var report = _world.Canaries.Report(Sample.App, 2)!;
        report.Rollouts.ShouldHaveSingleItem().State.ShouldBe(RolloutState.Done);
        report.Windows.Count.ShouldBeGreaterThan(20);
        report.Windows.Select(w => w.Number).ShouldBe(Enumerable.Range(1, report.Windows.Count));
    }

    [Fact]
    public async Task OldReleases_BeyondTheKept_AreForgottenWithTheirWindows()
    {
        await Live();
        var rollouts = new List<Rollout>();
        for (var version = 2; version <= 8; version++)
        {
            var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Canary), web: version);
            await _world.Reaches(rollout, RolloutState.Done);
            rollouts.Add(rollout);
        }
        _world.Queries.Releases(Sample.App).Select(r => r.Number).ShouldBe([8, 7, 6, 5, 4]);
        _world.Canaries.Report(Sample.App, 4)!.Windows.ShouldNotBeEmpty();
        _world.WindowsStored(rollouts[0]).ShouldBe(0);
    }

    [Fact]
    public async Task Remove_InTheMiddle_LeavesNothing()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        await _world.For(TimeSpan.FromSeconds(20));
        var removal = await _world.BeginRemoval(Sample.App, volumes: true);
        await _world.Until(() => removal.IsCompleted || _world.Stored(Sample.App) is null, "it is gone");
        _world.Engine.All.ShouldBeEmpty();
        _world.WindowsStored(rollout).ShouldBe(0);
    }

    [Fact]
    public async Task Server_KilledInAStep_GoesOnWithTheStepsTimeAndTheWindows()
    {
        var rollout = await Second();
        await Settled(rollout, 0);
        await _world.For(TimeSpan.FromSeconds(50));
        var (before, windows) = (Progress(rollout), Windows(rollout).Count);
        _world.StartServer();
        await _world.For(TimeSpan.FromSeconds(12));
        Progress(rollout).Since.ShouldBe(before.Since);
        var after = Windows(rollout);
        after.Count.ShouldBe(windows + 1);
        // By the samples that the dead server took.
        after[^1].From.ShouldBe(before.Settled!.Value);
        after[^1].Verdict.ShouldBe(JudgeVerdict.Pass);
    }

    async Task Live() => await _world.Reaches((await _world.Deploy(Sample.Model(Strategy.Canary), web: 1)).Rollout, RolloutState.Done);

    async Task<Rollout> Second(CanaryPolicy? policy = null)
    {
        await Live();
        return (await _world.Deploy(Sample.Model(Strategy.Canary, canary: policy), web: 2)).Rollout;
    }

    Task Settled(Rollout rollout, int step) => _world.Until(
        () => _world.Queries.Rollout(rollout.Id) is { Canary.Settled: not null } now && now.Step == step, $"step {step} is served by");

    CanaryProgress Progress(Rollout rollout) => _world.Queries.Rollout(rollout.Id)!.Canary!;

    IReadOnlyList<CanaryWindow> Windows(Rollout rollout) => _world.Canaries.Of(rollout.Id, _cancel).GetAwaiter().GetResult()!.Windows;
}
