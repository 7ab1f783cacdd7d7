using FsCheck;
using FsCheck.Fluent;
using Slipway.Model;
using Slipway.Releases.Tests.Jobs;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>Random commands, deaths, outages and crashes. Whatever happens, the <see cref="Watchdog"/> is content, and in the end all comes to rest.</summary>
public sealed class RandomWalkTests
{
    enum Act
    {
        DeployBlueGreen,
        DeployCanary,
        DeployBadCanary,
        DeployAb,
        DeployAbByMatch,
        DeployRolling,
        DeployRecreate,
        DeployWithNewRedis,
        DeployBroken,
        DeployWithJob,
        DeployWithLongJob,
        DeployCanaryWithJob,
        JobFails,
        PastOneWay,
        Promote,
        Pause,
        Resume,
        Rollback,
        Abort,
        Scale,
        Die,
        EngineRestarts,
        EngineAway,
        GatewayAway,
        Crash,
        CrashSoon,
        TimePasses,
        Busy,
    }

    [Fact]
    public void RandomWalk_Always_KeepsTheInvariantsAndComesToRest()
    {
        var walks = Gen.Elements(Enum.GetValues<Act>()).ListOf(25);
        var property = Prop.ForAll(Arb.From(walks), acts =>
        {
            Walk([.. acts]).GetAwaiter().GetResult();
            return true;
        });
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(25), property);
    }

    static async Task Walk(IReadOnlyList<Act> acts)
    {
        await using var world = new World();
        world.Gateways.Crowd = new FakeCrowd(world.Time);
        world.Engine.EndsWith = w => w.Job is null || w.Container.Command is ["long"] ? null : 0;
        var version = 0;
        var broken = new HashSet<int>();
        world.Silent = i => i.Service == "web" && broken.Contains(i.Release);
        foreach (var act in acts)
        {
            try
            {
                await Do(world, act, () => ++version, broken);
            }
            catch (Exception refused) when (refused is ConflictException or NotFoundException or InvalidInputException)
            {
                // A command that doesn't fit the moment: refused with its reason, and nothing changed.
            }
            for (var i = 0; i < 6; i++) await Turn(world);
            var before = world.Gateways.Table;
            Look(world, before);
        }
        world.Engine.IsAway = world.Gateways.IsAway = false;
        world.Gateways.Traffic.Clear();
        for (var i = 0; i < 400; i++) await Turn(world);
        world.Watchdog.Violation.ShouldBeNull();
        world.Engine.JobsStarted.ShouldBeUnique();
        world.Jobs().ShouldBeEmpty();
        if (world.Stored(Sample.App) is not { } stored) return;
        if (stored.Rollout is { } rollout) rollout.State.ShouldBeOneOf(RolloutState.Holding, RolloutState.Queued, RolloutState.Building);
        if (stored.LiveSlot is not { } live) return;
        if (stored.Rollout is { OneWay: not null } or { Canary.Weight: > 0 } or { Canary.Hold: CanaryHold.Ended }) return;
        var routed = world.Gateways.Table.Routes.Single(r => r.Hosts.Contains("web.shop.localhost"));
        var full = stored.Scales.TryGetValue("web", out var scaled) ? scaled : live.Release.Model.Find("web")!.Replicas;
        routed.Destinations.Sum(d => d.Upstreams.Count).ShouldBe(full, world.Describe());
        if (full > 0) routed.Destinations.Select(d => d.Release).ShouldBe([live.Release.Number]);
    }

    /// <summary>It runs until its time is over, or someone stops it.</summary>
    static JobModel LongJob { get; } = new() { Run = ["long"], Timeout = TimeSpan.FromMinutes(2) };

    static CanaryPolicy Stepped { get; } = Sample.Canary with { Steps = [Sample.Step(1000, 2), Sample.Approval, Sample.Step(5000, 2), Sample.Step(10000, 2)] };

    static async Task Do(World world, Act act, Func<int> next, HashSet<int> broken)
    {
        var cancel = TestContext.Current.CancellationToken;
        switch (act)
        {
            case Act.DeployBlueGreen:
                await world.Deploy(Sample.Model(Strategy.BlueGreen, worker: true), next());
                break;
            case Act.DeployRolling:
                await world.Deploy(Sample.Model(Strategy.Rolling), next());
                break;
            case Act.DeployRecreate:
                await world.Deploy(Sample.Model(Strategy.Recreate), next());
                break;
            case Act.DeployWithNewRedis:
                var number = next();
                await world.Deploy(Sample.Model(Strategy.BlueGreen), number, redis: number);
                break;
            case Act.DeployBroken:
                var (_, release) = await world.Deploy(Sample.Model(Strategy.Rolling), next());
                if (release is not null) broken.Add(release.Number);
                break;
            case Act.DeployWithJob:
                await world.Deploy(Sample.Model(Strategy.Rolling, replicas: 2).With("web", JobSample.Migrate, JobSample.Migrate with { OneWay = false }), next());
                break;
            case Act.DeployWithLongJob:
                await world.Deploy(Sample.Model(Strategy.BlueGreen).With("web", LongJob), next());
                break;
            case Act.DeployCanaryWithJob:
                if ((await world.Deploy(Sample.Model(Strategy.Canary, canary: Stepped).With("web", JobSample.Migrate), next())).Release is { } oneWay) world.Gateways.Crowd!.Errors[oneWay.Number] = 0.3;
                break;
            case Act.JobFails:
                foreach (var job in world.Jobs()) world.Engine.Die(job.Id, 1);
                break;
            case Act.PastOneWay:
                if (world.Stored(Sample.App)?.Rollout is null) await world.Rollouts.Rollback(Sample.App, null, cancel, pastOneWay: true);
                else await world.Rollouts.Abort(Sample.App, cancel, pastOneWay: true);
                break;
            case Act.Promote:
                await world.Rollouts.Promote(Sample.App, cancel);
                break;
            case Act.DeployCanary:
                await world.Deploy(Sample.Model(Strategy.Canary, worker: true, canary: Stepped), next());
                break;
            case Act.DeployBadCanary:
                if ((await world.Deploy(Sample.Model(Strategy.Canary, canary: Stepped), next())).Release is { } bad) world.Gateways.Crowd!.Errors[bad.Number] = 0.3;
                break;
            case Act.DeployAb:
                await world.Deploy(Sample.Experiment(new AbPolicy { For = TimeSpan.FromMinutes(7), Then = AbEnd.Promote, MinRequests = 10 }), next());
                break;
            case Act.DeployAbByMatch:
                await world.Deploy(Sample.Experiment(new AbPolicy { For = TimeSpan.FromMinutes(4) }, share: 0, match: true), next());
                break;
            case Act.Pause:
                await world.Rollouts.Pause(Sample.App, cancel);
                break;
            case Act.Resume:
                await world.Rollouts.Resume(Sample.App, cancel);
                break;
            case Act.Rollback:
                await world.Rollouts.Rollback(Sample.App, null, cancel);
                break;
            case Act.Abort:
                await world.Rollouts.Abort(Sample.App, cancel);
                break;
            case Act.Scale:
                await world.Rollouts.Scale(Sample.App, "web", 1 + (world.Engine.All.Count % 3), cancel);
                break;
            case Act.Die:
                if (world.Engine.All.FirstOrDefault(i => i.State == InstanceState.Running) is { } instance) world.Engine.Die(instance.Id);
                break;
            case Act.EngineRestarts:
                world.Engine.Restart();
                break;
            case Act.EngineAway:
                world.Engine.IsAway = !world.Engine.IsAway;
                break;
            case Act.GatewayAway:
                world.Gateways.IsAway = !world.Gateways.IsAway;
                break;
            case Act.Crash:
                world.StartServer();
                break;
            case Act.CrashSoon:
                world.CrashAfter(3);
                break;
            case Act.TimePasses:
                await world.For(TimeSpan.FromMinutes(3));
                break;
            case Act.Busy:
                // A request begins only where the gateway has a route to.
                foreach (var one in world.Gateways.Table.Routes.SelectMany(r => r.Destinations).SelectMany(d => d.Upstreams)) world.Gateways.Traffic[one.Instance] = (1, 1);
                break;
        }
    }

    static async Task Turn(World world)
    {
        await world.Turn();
        if (world.HasCrashed) world.StartServer();
    }

    static void Look(World world, RouteTable table)
    {
        world.Watchdog.Violation.ShouldBeNull();
        table.Version.ShouldBeLessThanOrEqualTo(world.Queries.Routes().Version);
    }
}
