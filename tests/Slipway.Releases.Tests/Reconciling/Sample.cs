using Slipway.Engines;
using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>A web service with a route, redis with a volume, and optionally a worker; versions differ by their images.</summary>
static class Sample
{
    public static readonly AppName App = AppName.Parse("shop");

    public static DrainPolicy Drain { get; } = new() { Requests = TimeSpan.FromSeconds(30), WebSockets = TimeSpan.FromSeconds(60) };

    /// <summary>10% and 50% for two minutes each, then all, baked for two minutes; the judge as it comes.</summary>
    public static CanaryPolicy Canary { get; } = new() { Steps = [Step(1000, 2), Step(5000, 2), Step(10000, 2)] };

    public static CanaryStep Step(int weight, double minutes) => new() { Weight = weight, Lasts = TimeSpan.FromMinutes(minutes) };

    public static CanaryStep Approval { get; } = new();

    public static AppModel Model(Strategy strategy, int replicas = 1, bool worker = false, AppName? app = null, string? host = null, CanaryPolicy? canary = null) => new()
    {
        Name = app ?? App,
        Services =
        [
            new ServiceModel
            {
                Name = "web",
                Container = new ContainerSpec(),
                Replicas = replicas,
                DependsOn = [new DependencyModel { Service = "redis" }],
                Release = new ReleasePolicy { Hosts = [host ?? $"web.{app ?? App}.localhost"], Port = 5000, Strategy = strategy, Drain = Drain, Canary = strategy == Strategy.Canary ? canary ?? Canary : null },
            },
            new ServiceModel
            {
                Name = "redis",
                Container = new ContainerSpec { Mounts = [new MountModel { Kind = MountKind.Volume, Source = $"{app ?? App}_data", Target = "/data" }] },
                Release = new ReleasePolicy { Strategy = Strategy.Rolling },
            },
            .. worker ? (ServiceModel[])[new ServiceModel { Name = "worker", Container = new ContainerSpec(), Release = new ReleasePolicy { Strategy = Strategy.Rolling } }] : [],
        ],
        Volumes = [new VolumeModel { Name = $"{app ?? App}_data" }],
    };

    /// <summary>An experiment on web; without a share matched requests alone see the new release.</summary>
    public static AppModel Experiment(AbPolicy policy, int share = 5000, bool match = false)
    {
        RequestMatch preview = new() { Headers = [new ValueCondition { Name = "X-Preview", Value = "1" }] };
        var ab = new CanaryPolicy { Steps = [new CanaryStep { Weight = share, Lasts = policy.For ?? TimeSpan.Zero }], Ab = policy, Judge = new JudgePolicy { Checks = [new JudgeCheck { Measure = JudgeMeasure.Errors, Limit = 0.05 }] } };
        var model = Model(Strategy.Canary, canary: ab);
        return model with { Services = [.. model.Services.Select(s => s.Release.IsRouted ? s with { Release = s.Release with { Strategy = Strategy.Ab, Match = match ? [preview] : null } } : s)] };
    }

    public static string Image(AppName app, string service, int version) => $"{app}/{service}@{Digest.Sha256(BitConverter.GetBytes(version))}";

    /// <summary>Deploys the model up to Staging, as the builder does.</summary>
    public static async Task<(Rollout Rollout, Release? Release)> Deploy(this World world, AppModel model, int web, int redis = 1, bool autoPromote = false)
    {
        var cancel = TestContext.Current.CancellationToken;
        var rollout = await world.Rollouts.Deploy(model.Name, new DeploySource { Directory = "/src" }, autoPromote, cancel);
        (await world.Rollouts.TakeQueued(cancel)).Id.ShouldBe(rollout.Id);
        var images = model.Services.ToDictionary(s => s.Name, s => Image(model.Name, s.Name, s.Name == "redis" ? redis : web));
        return (rollout, await world.Rollouts.Stage(rollout.Id, model, images, new Dictionary<string, ImageFacts>(), cancel));
    }

    public static RolloutState StateOf(this World world, Rollout rollout) => world.Queries.Rollout(rollout.Id)!.State;

    public static Task Reaches(this World world, Rollout rollout, RolloutState state) =>
        world.Until(() => world.StateOf(rollout) is var now && (now == state || (now.IsEnded && now != state
            ? throw new InvalidOperationException($"rollout {rollout.Id} ended {now}, not {state}: {world.Queries.Rollout(rollout.Id)!.Error}") : false)), $"rollout {rollout.Id} {state}");

    /// <summary>Releases that get requests for web, as the gateway has it.</summary>
    public static IReadOnlyList<int> Serving(this World world, string host = "web.shop.localhost") =>
        [.. world.Gateways.Table.Routes.Where(r => r.Hosts.Contains(host)).SelectMany(r => r.Destinations).Where(d => d.Upstreams.Count > 0).Select(d => d.Release)];

    /// <summary>The weight of a release of web, as the gateway has it; null where it is no destination.</summary>
    public static int? WeightOf(this World world, int release, string host = "web.shop.localhost") =>
        world.Gateways.Table.Routes.Where(r => r.Hosts.Contains(host)).SelectMany(r => r.Destinations).FirstOrDefault(d => d.Release == release)?.Weight;

    public static IReadOnlyList<string> Running(this World world) =>
        [.. world.Engine.All.Where(i => i.State == InstanceState.Running).Select(i => i.Name).Order(StringComparer.Ordinal)];
}
