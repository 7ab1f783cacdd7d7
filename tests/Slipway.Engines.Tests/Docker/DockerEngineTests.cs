using Slipway.Contracts;
using Slipway.Engines.Docker;
using Slipway.Model;

namespace Slipway.Engines.Tests.Docker;

/// <summary>The contract, and what is Docker's own: the names and labels by which a server with an empty memory finds what it owns.</summary>
public sealed class DockerEngineTests(RealEngine real) : EngineContract
{
    readonly DockerEngine _engine = new(real.Client, _ => null);

    protected override IEngine Engine => _engine;

    protected override string Image => RealEngine.Tag;

    [Fact]
    public async Task Apply_NetworksAndVolumes_CarryTheirAppAndSlot()
    {
        var app = NewApp();
        await _engine.Apply(Workload(app, "web") with { Volumes = [new() { Name = $"{app}_data", Labels = new Dictionary<string, string> { ["mine"] = "yes" } }] }, Cancel);

        var network = await real.Json($"/networks/slipway.{app}.blue.default");
        network.GetProperty("Labels").GetProperty("dev.slipway.app").GetString().ShouldBe(app.Value);
        network.GetProperty("Labels").GetProperty("dev.slipway.slot").GetString().ShouldBe("blue");
        var volume = await real.Json($"/volumes/{app}_data");
        volume.GetProperty("Labels").GetProperty("dev.slipway.app").GetString().ShouldBe(app.Value);
        volume.GetProperty("Labels").GetProperty("mine").GetString().ShouldBe("yes");
    }

    [Fact]
    public async Task Sweep_OneSlot_RemovesItsNetworksAndNoOthers()
    {
        AppName app = NewApp(), other = NewApp();
        Workload blue = Workload(app, "web"), green = Workload(app, "web2", slot: Slot.Green), foreign = Workload(other, "web");
        foreach (var workload in new[] { blue, green, foreign })
        {
            await _engine.Apply(workload, Cancel);
            await _engine.Remove((await Only(workload)).Id, Cancel);
        }

        await _engine.Sweep(app, Slot.Blue, volumes: true, Cancel);

        (await real.Exists($"/networks/slipway.{app}.blue.default")).ShouldBeFalse();
        (await real.Exists($"/networks/slipway.{app}.green.default")).ShouldBeTrue();
        (await real.Exists($"/networks/slipway.{other}.blue.default")).ShouldBeTrue();
    }

    [Fact]
    public async Task Sweep_OnlyAStoppedInstanceIsAttached_KeepsTheNetworkForItsNextStart()
    {
        var workload = Workload(NewApp(), "web");
        await _engine.Apply(workload, Cancel);
        await _engine.Stop((await Only(workload)).Id, Cancel);

        await _engine.Sweep(workload.App, null, volumes: false, Cancel);

        (await real.Exists($"/networks/{workload.Networks[0].Name}")).ShouldBeTrue();
    }

    [Fact]
    public async Task Sweep_Volumes_LeavesOnesThatItDidNotMake()
    {
        var app = NewApp();
        var name = $"{app}_outside";
        await real.Post("/volumes/create", $$"""{"Name":"{{name}}"}""");
        try
        {
            await _engine.Apply(Workload(app, "web") with { Volumes = [new() { Name = name, External = true }, new() { Name = $"{app}_own" }] }, Cancel);
            await _engine.Remove((await _engine.Observe(app, Cancel))[0].Id, Cancel);

            await _engine.Sweep(app, null, volumes: true, Cancel);

            (await real.Exists($"/volumes/{name}")).ShouldBeTrue();
            (await real.Exists($"/volumes/{app}_own")).ShouldBeFalse();
        }
        finally
        {
            await real.Delete($"/volumes/{name}");
        }
    }

    [Fact]
    public async Task Apply_NetworkWasMadeAnewWhileTheInstanceWasStopped_StartsItInTheNewOne()
    {
        var workload = Workload(NewApp(), "web");
        await _engine.Apply(workload, Cancel);
        var before = await Only(workload);
        await _engine.Stop(before.Id, Cancel);
        await real.Delete($"/networks/{workload.Networks[0].Name}");

        await _engine.Apply(workload, Cancel);

        var after = await Only(workload);
        after.Id.ShouldBe(before.Id);
        after.State.ShouldBe(InstanceState.Running);
        after.Addresses.Keys.ShouldBe([workload.Networks[0].Name]);
    }

    [Fact]
    public async Task Apply_CutOffBetweenMakingAndStarting_IsFinishedByTheNext()
    {
        var workload = Workload(NewApp(), "web");
        var full = workload with { Networks = [workload.Networks[0], Network(workload.App, Slot.Green, "web")] };
        await _engine.Apply(workload with { Replicas = 1 }, Cancel);
        await _engine.Remove((await Only(workload)).Id, Cancel);
        var name = $"{workload.App}.web.v1.1";
        await real.Post($"/containers/create?name={name}", $$"""
            {
              "Image": "{{Image}}", "StopSignal": "SIGKILL", "HostConfig": {"NetworkMode": "{{workload.Networks[0].Name}}" },
              "Labels": {
                "dev.slipway.app": "{{workload.App}}", "dev.slipway.service": "web", "dev.slipway.release": "1",
                "dev.slipway.hash": "{{workload.Hash}}", "dev.slipway.index": "1"
              }
            }
            """);

        await _engine.Apply(full, Cancel);

        (await Only(workload)).Addresses.Keys.Order().ShouldBe(full.Networks.Select(n => n.Name).Order());
    }

    [Fact]
    public async Task Apply_NameTakenByAContainerThatIsNotOurs_SaysSo()
    {
        var workload = Workload(NewApp(), "web");
        var name = $"{workload.App}.web.v1.1";
        await real.Post($"/containers/create?name={name}", $$"""{"Image":"{{Image}}"}""");
        try
        {
            var refusal = await Should.ThrowAsync<EngineException>(() => _engine.Apply(workload, Cancel));

            refusal.Message.ShouldContain($"'{name}' exists on the engine and is not Slipway's");
        }
        finally
        {
            await real.Delete($"/containers/{name}?force=1&v=1");
        }
    }

    [Fact]
    public async Task Apply_CommandClearedOnAnImageWithoutEntrypoint_IsRefused() =>
        (await Should.ThrowAsync<EngineException>(() => _engine.Apply(Workload(NewApp(), "web", container: new() { Command = [] }), Cancel)))
            .Message.ShouldContain("No command specified");

    [Fact]
    public async Task Prepare_NotThere_PullsWithTheCredentialOfTheReference()
    {
        var asked = new List<string>();
        var image = $"127.0.0.1:1/shop/web@sha256:{new string('0', 64)}";
        using var engine = new DockerEngine(real.Client, reference =>
        {
            asked.Add(reference);
            return new("127.0.0.1:1", "admin", "token");
        });

        var refusal = await Should.ThrowAsync<EngineException>(() => engine.Prepare(image, Cancel));

        refusal.Message.ShouldContain("127.0.0.1:1");
        asked.ShouldBe([image]);
    }

    [Fact]
    public async Task Disk_EngineOnThisMachine_HasRoom()
    {
        var disk = _engine.Disk(await _engine.Status(Cancel)).ShouldNotBeNull();

        disk.Free.ShouldBeInRange(1, disk.Total);
    }
}
