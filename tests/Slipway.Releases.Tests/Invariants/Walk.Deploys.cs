using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>New releases, of all kinds.</summary>
sealed partial class Walk
{
    (int Web, int Api, int Redis) _versions = (1, 1, 1);
    (AppModel Model, int Web, int Api, int Redis)? _queued;
    int _version = 1;
    int _file;

    public async Task Deploy(AppModel model, string part, bool promote = false) => await Deploy(model, Changed(part), promote);

    public async Task DeployDespiteFreeze() => await Deploy(Shop.Model(Strategy.Rolling, 2), Changed("web"), false, new Asker { Name = "root", DespiteFreeze = true });

    public async Task DeploySilent()
    {
        if (await Deploy(Shop.Model(Strategy.Rolling, 2), Changed("web"), promote: false) is { } release) _silent.Add(release.Number);
    }

    public async Task DeployFaulty(AppModel model)
    {
        if (await Deploy(model, Changed("web"), promote: false) is not { } release) return;
        Crowd.Errors[release.Number] = Crowd.CopyErrors[release.Number] = 0.3;
        _laws.Faulty.Add(release.Number);
    }

    public async Task DeployUnasked()
    {
        Crowd.PerSecond = 0;
        await Deploy(Shop.WithApprovals(), "web");
        await Wait(TimeSpan.FromMinutes(10));
        Crowd.PerSecond = 100;
    }

    public async Task Queue(AppModel model)
    {
        var next = Changed("web");
        await World.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, Cancel);
        _queued = (model, next.Web, next.Api, next.Redis);
    }

    public async Task Build()
    {
        if (_queued is not { } queued || World.Stored(Sample.App)?.Rollout is not { State: RolloutState.Queued or RolloutState.Building } rollout) return;
        if (rollout.State == RolloutState.Queued) await World.Rollouts.TakeQueued(Cancel);
        await Stage(rollout, queued.Model, (queued.Web, queued.Api, queued.Redis));
        _queued = null;
    }

    async Task<Release?> Deploy(AppModel model, (int, int, int) versions, bool promote, Asker? by = null)
    {
        var rollout = await World.Rollouts.Deploy(model.Name, new DeploySource { Directory = "/src" }, promote, Cancel, by);
        (await World.Rollouts.TakeQueued(Cancel)).Id.ShouldBe(rollout.Id);
        return await Stage(rollout, model, versions);
    }

    Task<Release?> Stage(Rollout rollout, AppModel model, (int Web, int Api, int Redis) versions)
    {
        _versions = versions;
        var images = model.Services.ToDictionary(s => s.Name, s => Sample.Image(model.Name, s.Name, s.Name switch { "web" => versions.Web, "api" => versions.Api, "redis" => versions.Redis, _ => 1 }));
        return World.Rollouts.Stage(rollout.Id, _file == 0 ? model : Shop.Limited(model, _file), images, new Dictionary<string, Engines.ImageFacts>(), Cancel);
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
}
