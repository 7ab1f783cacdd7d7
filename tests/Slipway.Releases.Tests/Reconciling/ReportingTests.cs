using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>What a rollout's journal says of the instances.</summary>
public sealed class ReportingTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Journal_RollingRelease_TellsEachInstancesWayOnce()
    {
        var rollout = await Second();
        await _world.Reaches(rollout, RolloutState.Done);
        (await Told(rollout, "shop.web.v1.1")).ShouldBe(["draining", "removed"]);
        (await Told(rollout, "shop.web.v2.1")).Where(state => state != "starting").ShouldBe(["ready"]);
    }

    [Fact]
    public async Task Journal_ServerRestartsInTheMiddle_DoesNotSayThatOldInstancesStart()
    {
        var rollout = await Second();
        await _world.Reaches(rollout, RolloutState.Verifying);
        _world.StartServer();
        await _world.Reaches(rollout, RolloutState.Done);
        (await Told(rollout, "shop.web.v1.1")).ShouldBe(["draining", "removed"]);
        (await Told(rollout, "shop.redis.v1.1")).ShouldBeEmpty();
    }

    /// <summary>A first release is live for a minute when the second is deployed.</summary>
    async Task<Rollout> Second()
    {
        var (first, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 1);
        await _world.Reaches(first, RolloutState.Done);
        await _world.For(TimeSpan.FromMinutes(1));
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 2);
        return rollout;
    }

    async Task<List<string>> Told(Rollout rollout, string instance)
    {
        var states = new List<string>();
        await foreach (var (_, happened) in _world.Journal.Read(rollout.Id, 0, follow: false, _cancel))
            if (happened is RolloutEvent.InstanceChanged changed && changed.Instance == instance) states.Add(changed.State);
        return states;
    }
}
