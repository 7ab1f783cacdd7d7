using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>Steps at which the new release gets copies: nobody is answered by it, and it is judged by them.</summary>
public sealed class MirrorStepTests : IAsyncLifetime
{
    static readonly CanaryPolicy Policy = new() { Steps = [Copies(2000, 2), Sample.Step(5000, 2), Sample.Step(10000, 2)] };

    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    readonly FakeCrowd _crowd;

    public MirrorStepTests() => _world.Gateways.Crowd = _crowd = new FakeCrowd(_world.Time);

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Copies_GoodRelease_IsSeenByNobody_ThenGoesOnToItsWeights()
    {
        var rollout = await Second(Policy);
        await Settled(rollout, 0);

        var route = Live();
        route.Destinations.ShouldHaveSingleItem().Release.ShouldBe(1);
        route.Split.ShouldBeNull();
        var mirror = route.Mirror.ShouldNotBeNull();
        (mirror.Release, mirror.Share, mirror.Users!.Sticky).ShouldBe((2, 2000, StickyKind.User));
        mirror.Upstreams.ShouldHaveSingleItem();
        var progress = _world.Queries.Rollout(rollout.Id)!.Canary!;
        (progress.Weight, progress.Mirror).ShouldBe((0, 2000));

        await Settled(rollout, 1);
        (Live().Mirror, _world.WeightOf(2)).ShouldBe((null, 5000));
        await _world.Reaches(rollout, RolloutState.Done);

        var windows = Windows(rollout);
        var copies = windows.Where(w => w.Step == 0).ToList();
        copies.ShouldAllBe(w => w.Mirror == 2000 && w.Weight == 0);
        copies[^1].Verdict.ShouldBe(JudgeVerdict.Pass);
        // 100 a second are answered, and 20 copied: it is these that the copies are compared with.
        copies[^1].New.Requests.ShouldBeInRange(1100, 1300);
        copies[^1].Stable.Requests.ShouldBe(copies[^1].New.Requests);
        windows.Where(w => w.Step > 0).ShouldAllBe(w => w.Mirror == null);
        _world.Queries.Rollout(rollout.Id)!.Canary!.History.Select(h => (h.Weight, h.Mirror, h.End)).ShouldBe([(0, 2000, "passed"), (5000, null, "passed"), (10000, null, "passed")]);
        (await Texts(rollout)).ShouldContain("step 1 of 3: copies of 20% of the requests, for 2 min");
    }

    [Fact]
    public async Task Copies_AnsweredWithErrors_EndTheRolloutBeforeAnybodySawIt()
    {
        _crowd.CopyErrors[2] = 0.1;
        var seen = new List<int>();
        _world.Gateways.Swapped = _ => seen.AddRange(_world.Serving());

        var rollout = await Second(Policy);
        await _world.Reaches(rollout, RolloutState.RolledBack);

        seen.Distinct().ShouldBe([1]);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("errors 10% against 0% of v1");
        _world.Gateways.Table.Routes.ShouldAllBe(r => r.Mirror == null);
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
    }

    [Fact]
    public async Task Copies_AnsweredTooSlowly_EndTheRollout()
    {
        _crowd.Milliseconds[2] = 60;
        var rollout = await Second(Policy);
        await _world.Reaches(rollout, RolloutState.RolledBack);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldNotBeNull().ShouldContain("p99");
    }

    [Fact]
    public async Task Copies_BadOnes_CountForNothingAtTheWeights()
    {
        // Bad from the moment on that the copies are over: what is copied no more must not be looked at.
        var rollout = await Second(Policy);
        await Settled(rollout, 1);
        _crowd.CopyErrors[2] = 1;
        await _world.Reaches(rollout, RolloutState.Done);
    }

    [Fact]
    public async Task Copies_NoGatewayThatMakesThem_HoldsForWantOfData()
    {
        var rollout = await Second(Policy with { Steps = [Copies(2000, 2), Sample.Step(10000, 2)], Judge = new JudgePolicy { HoldMax = TimeSpan.FromMinutes(5) } });
        // As a gateway of an older version, which serves the table and knows nothing of mirrors.
        _crowd.MakesNoCopies = true;
        await _world.Until(() => _world.Queries.Rollout(rollout.Id)!.Canary?.Hold == CanaryHold.NoData, "no data");
        _world.Serving().ShouldBe([1]);
    }

    [Fact]
    public async Task Approval_BehindCopies_GoesOnWithThem_AndPromoteEndsThem()
    {
        var rollout = await Second(new CanaryPolicy { Steps = [Copies(2000, 2), Sample.Approval, Sample.Step(10000, 2)] });
        await _world.Until(() => _world.Queries.Rollout(rollout.Id)!.Canary?.Hold == CanaryHold.Approval, "an approval");
        await _world.For(TimeSpan.FromMinutes(1));
        Live().Mirror!.Share.ShouldBe(2000);
        (await Texts(rollout)).ShouldContain("step 2 of 3: waits for a person, with copies of 20% of the requests");

        await _world.Rollouts.Promote(Sample.App, _cancel);
        await Settled(rollout, 2);
        Live().Mirror.ShouldBeNull();
    }

    [Fact]
    public async Task TwoStepsOfCopies_TheSecondBeginsItsOwnWindow()
    {
        var rollout = await Second(new CanaryPolicy { Steps = [Copies(2000, 2), Copies(9000, 2), Sample.Step(10000, 2)] });
        await Settled(rollout, 1);
        var since = _world.Queries.Rollout(rollout.Id)!.Canary!.Settled!.Value;
        await _world.Until(() => Windows(rollout).Any(w => w.Step == 1), "a verdict on the second");
        Windows(rollout).First(w => w.Step == 1).From.ShouldBeGreaterThanOrEqualTo(since);
        Live().Mirror!.Share.ShouldBe(9000);
    }

    [Fact]
    public async Task Instance_ThatIsNotReady_GetsNoCopies()
    {
        var rollout = await Second(Policy);
        await Settled(rollout, 0);
        var copied = Live().Mirror!.Upstreams.Single().Instance;
        _world.Engine.Die(copied);
        await _world.Until(() => Live().Mirror is null, "no copies for it");
        _world.Serving().ShouldBe([1]);
        await _world.Until(() => Live().Mirror is not null, "it is back");
    }

    [Fact]
    public async Task Abort_AtCopies_InstancesAreStoppedWhenNoCopyIsUnderWay()
    {
        var rollout = await Second(Policy);
        await Settled(rollout, 0);
        var copied = Live().Mirror!.Upstreams.Single().Instance;
        _world.Gateways.Traffic[copied] = (1, 0);

        await _world.Rollouts.Abort(Sample.App, _cancel);
        await _world.For(TimeSpan.FromSeconds(10));
        _world.Engine.All.Single(i => i.Id == copied).State.ShouldBe(InstanceState.Running, "a copy is under way");
        _world.Gateways.Traffic.Remove(copied);
        await _world.Reaches(rollout, RolloutState.RolledBack);
    }

    static CanaryStep Copies(int share, double minutes) => new() { Mirror = new CanaryMirror { Share = share }, Lasts = TimeSpan.FromMinutes(minutes) };

    async Task<Rollout> Second(CanaryPolicy policy)
    {
        await _world.Reaches((await _world.Deploy(Sample.Model(Strategy.Canary, canary: policy), web: 1)).Rollout, RolloutState.Done);
        return (await _world.Deploy(Sample.Model(Strategy.Canary, canary: policy), web: 2)).Rollout;
    }

    Route Live() => _world.Gateways.Table.Routes.Single(r => r.Hosts.Contains("web.shop.localhost"));

    Task Settled(Rollout rollout, int step) => _world.Until(
        () => _world.Queries.Rollout(rollout.Id) is { Canary.Settled: not null } now && now.Step == step, $"step {step} is served by");

    IReadOnlyList<CanaryWindow> Windows(Rollout rollout) => _world.Canaries.Of(rollout.Id, _cancel).GetAwaiter().GetResult()!.Windows;

    async Task<List<string>> Texts(Rollout rollout)
    {
        var texts = new List<string>();
        await foreach (var (_, happened) in _world.Journal.Read(rollout.Id, 0, follow: false, _cancel))
            texts.AddRange(happened switch { RolloutEvent.StateChanged { Message: { } message } => [message], RolloutEvent.Note note => [note.Text], _ => [] });
        return texts;
    }
}
