using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Jobs;

/// <summary>The server is killed before and after every effect while a release with jobs comes in; no job ever runs twice.</summary>
public sealed class JobCrashTests
{
    public enum Way
    {
        Ends,
        Fails,
        TakesTooLong,
        Aborted,
        CanaryHolds,
    }

    [Theory]
    [InlineData(Way.Ends)]
    [InlineData(Way.Fails)]
    [InlineData(Way.TakesTooLong)]
    [InlineData(Way.Aborted)]
    [InlineData(Way.CanaryHolds)]
    public async Task KilledAtEveryMoment_TheNextServerEndsInTheSameStateAndStartsNoJobTwice(Way way)
    {
        var undisturbed = await Run(way, crashAfter: -1);
        undisturbed.Crashed.ShouldBeFalse();
        var moments = 0;
        for (; moments < 400; moments++)
        {
            var run = await Run(way, moments);
            if (!run.Crashed) break;
            run.End.ShouldBe(undisturbed.End, $"killed at moment {moments}");
        }
        moments.ShouldBeInRange(8, 399);
    }

    static async Task<(bool Crashed, string End)> Run(Way way, int crashAfter)
    {
        var cancel = TestContext.Current.CancellationToken;
        await using var world = new World();
        world.Gateways.Crowd = new FakeCrowd(world.Time);
        var strategy = way == Way.CanaryHolds ? Strategy.Canary : Strategy.BlueGreen;
        var model = Sample.Model(strategy, worker: true).With("web", JobSample.Migrate, new JobModel { Run = ["seed"], Timeout = TimeSpan.FromMinutes(1) });
        await world.FirstRelease(model);
        world.Engine.EndsWith = w => w.Job switch
        {
            null => null,
            2 when way is Way.TakesTooLong or Way.Aborted => null,
            2 when way == Way.Fails => 4,
            _ => 0,
        };
        if (way == Way.CanaryHolds) world.Gateways.Crowd.Errors[2] = 0.3;
        if (crashAfter >= 0) world.CrashAfter(crashAfter);
        var (second, _) = await world.Deploy(model, 2, autoPromote: way != Way.CanaryHolds);
        var (crashed, aborted) = (false, false);
        bool IsOver() => world.StateOf(second) is var state && (state.IsEnded || (state == RolloutState.Holding && world.Queries.Rollout(second.Id)!.OneWay is not null));
        for (var passes = 0; !IsOver(); passes++)
        {
            passes.ShouldBeLessThan(2000, world.Describe());
            if (way == Way.Aborted && !aborted && world.Jobs().Any(j => j is { Job: 2, State: InstanceState.Running }))
            {
                aborted = true;
                await world.Rollouts.Abort(Sample.App, cancel);
            }
            await Turn();
        }
        for (var passes = 0; passes < 15; passes++) await Turn();
        world.Watchdog.Violation.ShouldBeNull();
        world.Engine.JobsStarted.ShouldBeUnique();
        var stored = world.Stored(Sample.App)!;
        return (crashed, $"{world.StateOf(second)} live v{stored.Live} {string.Join(",", stored.Slots.Select(s => $"{s.Slot} v{s.Release.Number} {s.Standing}"))} "
            + $"{string.Join(" ", world.Running())} serving {string.Join(",", world.Serving())} jobs {string.Join(",", world.RunsOf(2).Select(r => $"{r.Number} {r.State} {r.ExitCode} {r.Stop}"))}"
            + $" output {(await world.Output(second)).Count} left {world.Jobs().Count}");

        async Task Turn()
        {
            await world.Turn();
            if (!world.HasCrashed) return;
            crashed = true;
            world.StartServer();
        }
    }
}
