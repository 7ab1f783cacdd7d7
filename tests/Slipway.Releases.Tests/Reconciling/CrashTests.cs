using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>
/// The server is killed before and after every effect on engine and gateway, one run for each, and a new one goes on from what is stored.
/// Each run must end where the undisturbed one ends; the <see cref="Watchdog"/> looks on all the while.
/// </summary>
public sealed class CrashTests
{
    public static TheoryData<Strategy, bool> Ways => new() { { Strategy.BlueGreen, true }, { Strategy.BlueGreen, false }, { Strategy.Rolling, true }, { Strategy.Recreate, false }, { Strategy.Canary, false }, { Strategy.Canary, true }, { Strategy.Ab, false }, { Strategy.Ab, true } };

    [Theory]
    [MemberData(nameof(Ways))]
    public async Task KilledAtEveryMoment_TheNextServerEndsInTheSameState(Strategy strategy, bool failing)
    {
        var undisturbed = await Run(strategy, failing, crashAfter: -1);
        undisturbed.Crashed.ShouldBeFalse();
        var moments = 0;
        for (; moments < 400; moments++)
        {
            var run = await Run(strategy, failing, moments);
            if (!run.Crashed) break;
            run.End.ShouldBe(undisturbed.End, $"killed at moment {moments}");
        }
        moments.ShouldBeInRange(10, 399);
    }

    static async Task<(bool Crashed, string End)> Run(Strategy strategy, bool failing, int crashAfter)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.Gateways.Crowd = new FakeCrowd(world.Time);
        var (first, _) = await world.Deploy(ModelOf(strategy), 1);
        await world.Reaches(first, RolloutState.Done);

        if (failing) world.Engine.EndsWith = w => w is { Service: "redis", Release: 2 } ? 1 : null;
        if (crashAfter >= 0) world.CrashAfter(crashAfter);
        var (second, _) = await world.Deploy(ModelOf(strategy), 2, redis: 2);
        var crashed = false;
        for (var passes = 0; !world.StateOf(second).IsEnded; passes++)
        {
            passes.ShouldBeLessThan(2000, world.Describe());
            if (world.StateOf(second) == RolloutState.Holding) await world.Rollouts.Promote(Sample.App, cancel);
            await world.Turn();
            if (!world.HasCrashed) continue;
            crashed = true;
            world.StartServer();
        }
        // What is left to clear is cleared: routes and slots come to rest.
        for (var passes = 0; passes < 15; passes++)
        {
            await world.Turn();
            if (!world.HasCrashed) continue;
            crashed = true;
            world.StartServer();
        }
        world.Watchdog.Violation.ShouldBeNull();
        var stored = world.Stored(Sample.App)!;
        return (crashed, $"{world.StateOf(second)} live v{stored.Live} {string.Join(",", stored.Slots.Select(s => $"{s.Slot} v{s.Release.Number} {s.Standing}"))} "
            + $"{string.Join(" ", world.Running())} serving {string.Join(",", world.Serving())} networks {string.Join(" ", world.Engine.Networks.Order())}");
    }

    static AppModel ModelOf(Strategy strategy) => strategy == Strategy.Ab
        ? Sample.Experiment(new AbPolicy { For = TimeSpan.FromMinutes(2) }, match: true)
        : Sample.Model(strategy, replicas: strategy == Strategy.Rolling ? 2 : 1, worker: true, canary: WithCopies);

    static readonly CanaryPolicy WithCopies = Sample.Canary with { Steps = [new CanaryStep { Mirror = new CanaryMirror { Share = 5000 }, Lasts = TimeSpan.FromMinutes(1) }, .. Sample.Canary.Steps] };
}
