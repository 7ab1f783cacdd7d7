using System.Net;
using System.Net.Sockets;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases.Storing;
using Slipway.Releases.Tests.Jobs;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests;

public sealed class CommandTests : IAsyncLifetime
{
    readonly World _world = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public ValueTask DisposeAsync() => _world.DisposeAsync();

    [Fact]
    public async Task Deploy_WhileAnotherIsUnderWay_SaysWhichAndWhatToDo()
    {
        var first = await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel);
        var refused = await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel));
        refused.Message.ShouldBe($"Rollout {first.Id} of shop is queued since 2026-01-01 00:00:00 UTC. Wait for its end, or end it: slipway abort shop");
    }

    [Fact]
    public async Task TakeQueued_AfterAServersDeath_HandsOutWhatItWasBuilding()
    {
        var rollout = await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel);
        (await _world.Rollouts.TakeQueued(_cancel)).State.ShouldBe(RolloutState.Building);
        _world.StartServer();
        (await _world.Rollouts.TakeQueued(_cancel)).Id.ShouldBe(rollout.Id);
    }

    [Fact]
    public async Task Abort_WhileBuilding_CancelsTheBuild()
    {
        await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel);
        var rollout = await _world.Rollouts.TakeQueued(_cancel);
        var build = _world.Rollouts.CancellationOf(rollout.Id);
        await _world.Rollouts.Abort(Sample.App, _cancel);
        build.IsCancellationRequested.ShouldBeTrue();
        _world.StateOf(rollout).ShouldBe(RolloutState.Cancelled);
        await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Stage(
            rollout.Id, Sample.Model(Strategy.Rolling), new Dictionary<string, string>(), new Dictionary<string, ImageFacts>(), _cancel));
    }

    [Fact]
    public async Task Cancel_OnlyABuild_EndsIt_AndLeavesWhatHasARelease()
    {
        await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel);
        var building = await _world.Rollouts.TakeQueued(_cancel);
        var build = _world.Rollouts.CancellationOf(building.Id);
        await _world.Rollouts.Cancel(building.Id, _cancel, "alice", onlyBuild: true);
        (build.IsCancellationRequested, _world.StateOf(building)).ShouldBe((true, RolloutState.Cancelled));

        var (staged, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), 1);
        await _world.Rollouts.Cancel(staged.Id, _cancel, "alice", onlyBuild: true);
        (await _world.Journal(staged)).OfType<RolloutEvent.StateChanged>().ShouldAllBe(changed => changed.State != RolloutState.RollingBack);
        await _world.Reaches(staged, RolloutState.Done);
    }

    [Fact]
    public async Task Fail_WhileBuilding_EndsItAsFailed()
    {
        await _world.Rollouts.Deploy(Sample.App, new DeploySource { Directory = "/src" }, false, _cancel);
        var rollout = await _world.Rollouts.TakeQueued(_cancel);
        await _world.Rollouts.Fail(rollout.Id, "RUN false: exit code 1", _cancel);
        _world.Queries.Rollout(rollout.Id)!.Error.ShouldBe("RUN false: exit code 1");
        _world.StateOf(rollout).ShouldBe(RolloutState.Failed);
    }

    [Fact]
    public async Task Promote_WithNothingStaged_IsRefused()
    {
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), 1);
        await _world.Reaches(rollout, RolloutState.Done);
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Promote(Sample.App, _cancel))).Message.ShouldContain("v1 of shop is live and no other release is staged");
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Rollback(Sample.App, null, _cancel))).Message.ShouldContain("no release of shop before v1");
        (await Should.ThrowAsync<NotFoundException>(() => _world.Rollouts.Rollback(Sample.App, 7, _cancel))).Message.ShouldContain("it has v1");
        (await Should.ThrowAsync<NotFoundException>(() => _world.Rollouts.Promote(AppName.Parse("nope"), _cancel))).Message.ShouldContain("there is shop");
    }

    [Fact]
    public async Task Rollback_WhileHolding_AsksToAbortFirst()
    {
        var (first, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), 1);
        await _world.Reaches(first, RolloutState.Done);
        var (second, _) = await _world.Deploy(Sample.Model(Strategy.BlueGreen), 2);
        await _world.Reaches(second, RolloutState.Holding);
        (await Should.ThrowAsync<ConflictException>(() => _world.Rollouts.Rollback(Sample.App, null, _cancel))).Message.ShouldContain("slipway abort shop");
    }

    [Fact]
    public async Task Stage_HostOfAnotherApp_IsRefusedByName()
    {
        var (first, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 1);
        await _world.Reaches(first, RolloutState.Done);
        var other = AppName.Parse("other");
        var refused = await Should.ThrowAsync<ConflictException>(() => _world.Deploy(Sample.Model(Strategy.Rolling, app: other, host: "web.shop.localhost"), 1));
        refused.Message.ShouldContain("web claims http://web.shop.localhost/, which web of shop has");
    }

    [Fact]
    public async Task Stage_HostOfAReleaseThatHasNoSlotYet_IsRefusedByName()
    {
        await _world.Deploy(Sample.Model(Strategy.Rolling), 1);
        var other = Sample.Model(Strategy.Rolling, app: AppName.Parse("other"), host: "web.shop.localhost");
        (await Should.ThrowAsync<ConflictException>(() => _world.Deploy(other, 1))).Message.ShouldContain("which web of shop has");
    }

    [Fact]
    public async Task CheckClaims_PortOfAnotherAppOrProgram_IsRefusedAndOwnOnesAreNot()
    {
        using var program = new TcpListener(IPAddress.Loopback, 0);
        program.Start();
        var taken = ((IPEndPoint)program.LocalEndpoint).Port;
        var model = WithPort(Sample.Model(Strategy.Rolling), 4711);
        var (first, _) = await _world.Deploy(model, 1);
        await _world.Reaches(first, RolloutState.Done);

        Should.Throw<ConflictException>(() => _world.Rollouts.CheckClaims(WithPort(Sample.Model(Strategy.Rolling, app: AppName.Parse("other")), 4711)))
            .Message.ShouldContain("redis claims port 4711/tcp, which redis of shop has");
        _world.Ports = () => MachinePorts.Look(gateway: 1);
        Should.Throw<ConflictException>(() => _world.Rollouts.CheckClaims(WithPort(model, taken))).Message.ShouldContain($"redis claims port {taken}/tcp, which another program on this machine has");
        (await Should.ThrowAsync<ConflictException>(() => _world.Deploy(WithPort(model, taken), 1))).Message.ShouldContain($"port {taken}/tcp");
        _world.Ports = () => MachinePorts.Look(gateway: taken);
        _world.Rollouts.CheckClaims(WithPort(model, taken));
        _world.Running().ShouldBe(["shop.redis.v1.1", "shop.web.v1.1"]);
    }

    [Fact]
    public async Task CheckClaims_PortThatTheAppItselfHas_IsItsOwn()
    {
        using var instance = new TcpListener(IPAddress.Loopback, 0);
        var model = WithPort(Sample.Model(Strategy.Rolling), 4711);
        var (first, _) = await _world.Deploy(model, 1);
        await _world.Reaches(first, RolloutState.Done);
        instance.Start();
        var port = ((IPEndPoint)instance.LocalEndpoint).Port;
        _world.Ports = () => MachinePorts.Look(gateway: 1);
        Should.Throw<ConflictException>(() => _world.Rollouts.CheckClaims(WithPort(model, port)));
        instance.Stop();
        var (second, _) = await _world.Deploy(WithPort(model, port), 1);
        await _world.Reaches(second, RolloutState.Done);
        using var published = new TcpListener(IPAddress.Loopback, port);
        published.Start();
        _world.Rollouts.CheckClaims(WithPort(model, port));
    }

    [Fact]
    public async Task Deploy_OfANameWhoseRemovalIsNotComplete_IsRefusedUntilItIs()
    {
        var (first, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 1);
        await _world.Reaches(first, RolloutState.Done);
        var removal = await _world.BeginRemoval(Sample.App, volumes: false);
        _world.StartServer();
        await _world.Until(() => _world.Rollouts.IsGone(Sample.App), "shop is gone");
        removal.IsCompleted.ShouldBeFalse();

        _world.Rollouts.Removals().ShouldBe([Sample.App]);
        (await Should.ThrowAsync<ConflictException>(() => _world.Deploy(Sample.Model(Strategy.Rolling), 1))).Message.ShouldContain("is being removed");
        await _world.Rollouts.ForgetRemoval(Sample.App, _cancel);
        _world.Rollouts.Removals().ShouldBeEmpty();
        (await _world.Deploy(Sample.Model(Strategy.Rolling), 1)).Release.ShouldNotBeNull();
    }

    [Fact]
    public async Task Stage_PortOnlyInTheImage_IsTakenFromIt_AndMissedWhereNobodyNamesOne()
    {
        var model = Sample.Model(Strategy.Rolling);
        model = model with { Services = [model.Services[0] with { Release = model.Services[0].Release with { Port = null } }, model.Services[1]] };
        ReleaseDraft.WithPorts(model, new Dictionary<string, ImageFacts> { ["web"] = new() { Id = "x", TcpPorts = [80, 443] } }).Find("web")!.Release.Port.ShouldBe(80);
        var refused = await Should.ThrowAsync<InvalidInputException>(() => _world.Deploy(model, 1));
        refused.Diagnostics.Single().Key.ShouldBe("services.web.x-release.port");
    }

    [Fact]
    public async Task Stage_Secret_KeepsItsContentOfThatTime()
    {
        var path = Path.Combine(_world.Folder, "token");
        await File.WriteAllTextAsync(path, "one", _cancel);
        var model = Sample.Model(Strategy.Rolling);
        var grant = new FileGrant { Name = "token", Source = path, Target = "/run/secrets/token", IsSecret = true };
        model = model with { Services = [model.Services[0] with { Container = new ContainerSpec { Files = [grant] } }, model.Services[1]] };
        var (first, release) = await _world.Deploy(model, 1);
        await _world.Reaches(first, RolloutState.Done);
        await File.WriteAllTextAsync(path, "two", _cancel);

        var kept = release!.Model.Find("web")!.Container.Files.Single().Source!;
        (await File.ReadAllTextAsync(kept, _cancel)).ShouldBe("one");
        ModeOf(kept).ShouldBe("444");
        var (_, second) = await _world.Deploy(model, 1);
        second.ShouldNotBeNull().Number.ShouldBe(2);
    }

    [Fact]
    public void Secret_OfAnotherMode_IsAnotherFile()
    {
        var files = new GrantedFiles(Path.Combine(_world.Folder, "files"));
        var grant = new FileGrant { Name = "token", Content = "one", Target = "/run/secrets/token", IsSecret = true };
        var model = Sample.Model(Strategy.Rolling);
        model = model with { Services = [model.Services[0] with { Container = new ContainerSpec { Files = [grant, grant with { Mode = Convert.ToInt32("0400", 8) }] } }] };

        var kept = files.Keep(model).Services[0].Container.Files.Select(file => file.Source!).ToList();

        kept.Select(ModeOf).ShouldBe(["444", "400"]);
        kept.ShouldAllBe(path => File.ReadAllText(path) == "one");
    }

    [Fact]
    public async Task Scale_BeyondWhatTheServiceCan_IsRefused()
    {
        var (rollout, _) = await _world.Deploy(Sample.Model(Strategy.Rolling), 1);
        await _world.Reaches(rollout, RolloutState.Done);
        (await Should.ThrowAsync<InvalidInputException>(() => _world.Rollouts.Scale(Sample.App, "redis", 2, _cancel))).Message.ShouldContain("holds state");
        (await Should.ThrowAsync<InvalidInputException>(() => _world.Rollouts.Scale(Sample.App, "web", -1, _cancel))).Message.ShouldContain("0 to 1000");
        (await Should.ThrowAsync<NotFoundException>(() => _world.Rollouts.Scale(Sample.App, "db", 1, _cancel))).Message.ShouldContain("web, redis");
    }

    static AppModel WithPort(AppModel model, int port) =>
        model with { Services = [model.Services[0], model.Services[1] with { Ports = [new PortModel { Published = port, Target = 6379 }] }] };

    static string ModeOf(string path) => Convert.ToString((int)(OperatingSystem.IsWindows() ? throw new PlatformNotSupportedException() : File.GetUnixFileMode(path)), 8);
}
