using Slipway.Engines;
using Slipway.Model;
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
        if (!OperatingSystem.IsWindows()) File.GetUnixFileMode(kept).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var (_, second) = await _world.Deploy(model, 1);
        second.ShouldNotBeNull().Number.ShouldBe(2);
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
}
