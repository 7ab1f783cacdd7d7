using Slipway.Model;
using Slipway.Releases.Storing;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>A story as it happens in a <see cref="Reconciling.World"/> of its own, beside an app that has nothing to do with it.</summary>
sealed class Walk : IAsyncDisposable
{
    public static readonly AppName Bystander = AppName.Parse("bystander");

    static readonly CanaryPolicy Stepped = Sample.Canary with { Steps = [Sample.Step(1000, 2), Sample.Approval, Sample.Step(5000, 2), Sample.Step(10000, 2)] };

    readonly Requests _requests;
    readonly Laws _laws;
    readonly HashSet<int> _silent = [];
    DateTimeOffset _republished;
    (int Web, int Api, int Redis) _versions = (1, 1, 1);
    (AppModel Model, int Web, int Api, int Redis)? _queued;
    int _version = 1;
    int _file;

    Walk()
    {
        World = new World();
        Crowd = new FakeCrowd(World.Time);
        World.Gateways.Crowd = Crowd;
        World.Gateways.Lag = TimeSpan.Zero;
        _requests = new Requests(World);
        World.Gateways.InFlight = _requests.At;
        World.Silent = i => i.Service == "web" && i.App == Sample.App && _silent.Contains(i.Release);
        World.Engine.StopTakes = _ => StopTakes;
        World.Engine.StartTakes = _ => StartTakes;
        _laws = new Laws(World);
    }

    public World World { get; }

    public FakeCrowd Crowd { get; }

    public TimeSpan StopTakes { get; set; }

    public TimeSpan StartTakes { get; set; }

    public CancellationToken Cancel { get; } = TestContext.Current.CancellationToken;

    /// <exception cref="LawBrokenException">An invariant does not hold; the message says which, and where.</exception>
    public static async Task Through(Story story)
    {
        await using var walk = new Walk();
        await walk.Begin();
        foreach (var happened in story.Events)
        {
            var before = walk.World.Stored(Sample.App)?.Revision;
            try
            {
                await happened.Move.Do(walk);
            }
            catch (Exception refused) when (refused is ConflictException or NotFoundException or InvalidInputException)
            {
                (walk.World.Stored(Sample.App)?.Revision).ShouldBe(before, $"refused, and yet something was stored: {refused.Message}");
            }
            for (var i = 0; i < happened.Looks; i++) await walk.Look();
            walk._laws.Stands();
        }
        await walk.End();
    }

    public ValueTask DisposeAsync() => World.DisposeAsync();

    public async Task Deploy(Strategy strategy, string part, int replicas, bool promote)
    {
        var next = Changed(part);
        await Deploy(Model(strategy, replicas), next, promote);
    }

    public async Task DeploySilent()
    {
        if (await Deploy(Model(Strategy.Rolling, 2), Changed("web"), promote: false) is { } release) _silent.Add(release.Number);
    }

    public async Task DeployFaulty()
    {
        if (await Deploy(Model(Strategy.Canary, 1), Changed("web"), promote: false) is not { } release) return;
        Crowd.Errors[release.Number] = 0.3;
        _laws.Faulty.Add(release.Number);
    }

    public async Task Queue(Strategy strategy)
    {
        var next = Changed("web");
        await World.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, Cancel);
        _queued = (Model(strategy, 1), next.Web, next.Api, next.Redis);
    }

    public async Task Build()
    {
        if (_queued is not { } queued || World.Stored(Sample.App)?.Rollout is not { State: RolloutState.Queued or RolloutState.Building } rollout) return;
        if (rollout.State == RolloutState.Queued) await World.Rollouts.TakeQueued(Cancel);
        await Stage(rollout, queued.Model, (queued.Web, queued.Api, queued.Redis));
        _queued = null;
    }

    public async Task Rollback(int? by)
    {
        var to = by is null ? null : World.Stored(Sample.App)?.Live - by;
        _laws.RolledBack(await World.Rollouts.Rollback(Sample.App, to, Cancel));
    }

    public async Task Scale(string service, int replicas)
    {
        await World.Rollouts.Scale(Sample.App, service, replicas, Cancel);
        _laws.Disturbed();
    }

    public async Task Remove(bool volumes)
    {
        var removal = await World.BeginRemoval(Sample.App, volumes);
        if (removal.IsFaulted) await removal;
        _laws.Removed(volumes);
        (_silent, Crowd.Errors, _laws.Faulty).Clear();
    }

    public async Task Wait(TimeSpan time)
    {
        var end = World.Time.Now + time;
        for (var i = 0; i < 3000 && World.Time.Now < end; i++) await Look(end);
    }

    public Task Die(int which)
    {
        var running = World.Engine.All.Where(i => i.State == InstanceState.Running && i.App == Sample.App).ToList();
        if (running.Count > 0) World.Engine.Die(running[which % running.Count].Id);
        _laws.Disturbed();
        return Task.CompletedTask;
    }

    public Task Sicken(int which)
    {
        var running = World.Engine.All.Where(i => i.State == InstanceState.Running && i.App == Sample.App).ToList();
        if (running.Count > 0) World.Sick.Add(running[which % running.Count].Id);
        _laws.Disturbed();
        return Task.CompletedTask;
    }

    public Task Heal()
    {
        World.Sick.Clear();
        return Task.CompletedTask;
    }

    public Task RestartEngine()
    {
        World.Engine.Restart();
        _laws.Disturbed();
        return Task.CompletedTask;
    }

    public Task EngineAway(bool isAway)
    {
        World.Engine.IsAway = isAway;
        return Task.CompletedTask;
    }

    public Task Crash()
    {
        World.StartServer();
        _laws.Crashed();
        return Task.CompletedTask;
    }

    async Task Begin()
    {
        var other = Sample.Model(Strategy.BlueGreen, replicas: 2, app: Bystander);
        await World.Reaches((await World.Deploy(other, web: 1)).Rollout, RolloutState.Done);
        var first = await World.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, Cancel);
        await World.Rollouts.TakeQueued(Cancel);
        await Stage(first, Model(Strategy.BlueGreen, 2), _versions);
        await World.Reaches(first, RolloutState.Done);
    }

    /// <summary>Everything works again, and the app must come to rest with all that its live release should have.</summary>
    async Task End()
    {
        (World.Engine.IsAway, World.Gateways.IsAway, StopTakes, StartTakes) = (false, false, TimeSpan.Zero, TimeSpan.Zero);
        World.Gateways.Lag = TimeSpan.Zero;
        World.Sick.Clear();
        Crowd.PerSecond = 100;
        var quiet = 0;
        for (var i = 0; i < 1500 && quiet < 12; i++)
        {
            await Look();
            // The judge of a canary that holds goes on.
            var isStill = !World.HasActed || World.Stored(Sample.App)?.Rollout?.Canary is not null;
            quiet = isStill && IsAtRest() && !World.Engine.IsBusy && !World.Gateways.IsBusy ? quiet + 1 : 0;
        }
        _laws.Stands();
        _laws.Rests();
    }

    bool IsAtRest() => World.Stored(Sample.App) is not { } stored
        || (!stored.Removing && stored.Drains.Count == 0 && stored.Slots.All(s => s.Leaving == Leaving.No)
            && stored.Rollout is null or { State: RolloutState.Holding or RolloutState.Queued or RolloutState.Building });

    async Task Look(DateTimeOffset? latest = null)
    {
        _requests.Go();
        await World.Turn(latest);
        if (World.HasCrashed)
        {
            World.StartServer();
            _laws.Crashed();
        }
        foreach (var gone in World.Rollouts.Removals().Where(World.Rollouts.IsGone)) await World.Rollouts.ForgetRemoval(gone, Cancel);
        if (World.Time.Now - _republished > TimeSpan.FromSeconds(30))
        {
            World.Republish();
            _republished = World.Time.Now;
        }
        _laws.Looked();
    }

    async Task<Release?> Deploy(AppModel model, (int, int, int) versions, bool promote)
    {
        var rollout = await World.Rollouts.Deploy(model.Name, new DeploySource { Directory = "/src" }, promote, Cancel);
        (await World.Rollouts.TakeQueued(Cancel)).Id.ShouldBe(rollout.Id);
        return await Stage(rollout, model, versions);
    }

    Task<Release?> Stage(Rollout rollout, AppModel model, (int Web, int Api, int Redis) versions)
    {
        _versions = versions;
        var images = model.Services.ToDictionary(s => s.Name, s => Sample.Image(model.Name, s.Name, s.Name switch { "web" => versions.Web, "api" => versions.Api, "redis" => versions.Redis, _ => 1 }));
        return World.Rollouts.Stage(rollout.Id, model, images, new Dictionary<string, Engines.ImageFacts>(), Cancel);
    }

    (int Web, int Api, int Redis) Changed(string part)
    {
        var version = ++_version;
        if (part == "file") _file++;
        return part switch
        {
            "web" => _versions with { Web = version },
            "web and redis" => _versions with { Web = version, Redis = version },
            "api" => _versions with { Api = version },
            "redis" => _versions with { Redis = version },
            "everything" => (version, version, version),
            _ => _versions,
        };
    }

    /// <summary>web (probed by HTTP) and api with routes, redis with a volume, a worker.</summary>
    AppModel Model(Strategy strategy, int replicas)
    {
        var model = Sample.Model(strategy, replicas, worker: true, canary: Stepped);
        var web = model.Services[0] with { Release = model.Services[0].Release with { Ready = new ReadyGate { Http = "/up", Every = TimeSpan.FromSeconds(10) }, Route = _file == 0 ? null : new RoutePolicy { MaxBody = _file } } };
        var api = web with { Name = "api", Replicas = 1, DependsOn = [], Release = web.Release with { Hosts = ["api.shop.localhost"], Ready = new ReadyGate() } };
        return model with { Services = [web, api, .. model.Services.Skip(1)] };
    }
}

file static class Clearing
{
    public static void Clear(this (HashSet<int> Silent, Dictionary<int, double> Errors, HashSet<int> Faulty) all)
    {
        all.Silent.Clear();
        all.Errors.Clear();
        all.Faulty.Clear();
    }
}
