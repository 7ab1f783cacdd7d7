using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Pipelines.Images;
using Slipway.Pipelines.Images.Bases;
using static Slipway.Pipelines.Tests.Images.ThisMachine;

namespace Slipway.Pipelines.Tests.Images;

public sealed class BaseImagesTests(RealEngine engine)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    readonly List<string> _said = [];

    [Fact]
    public async Task Provide_ImageInTheEngine_IsTakenFromThere()
    {
        var name = await Build("there");

        await engine.Get<BaseImages>().Provide(ImageReference.Parse(name), refresh: false, _said.Add, Cancel);

        _said.ShouldBe([$"{name} is in the engine."]);
    }

    [Fact]
    public async Task Provide_ImageImportedAndLostByTheEngine_ComesFromOurRegistryUnderItsName()
    {
        var bases = engine.Get<BaseImages>();
        var name = await Build("lost");
        var stored = await bases.Import(name, _said.Add, Cancel);
        await engine.Images.Remove(name, Cancel);
        (await engine.Images.Find(name, Cancel)).ShouldBeNull();
        _said.Clear();

        // Two builds at once: one pulls, the other finds it.
        var both = await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => bases.Provide(ImageReference.Parse(name), refresh: false, Say, Cancel)));

        both[0].Id.ShouldBe(both[1].Id);
        _said.ShouldBe([$"{name} is from our registry.", $"{name} is in the engine."]);
        (await engine.Images.Find(name, Cancel)).ShouldNotBeNull().Tags.ShouldBe([name]);
        stored.ShouldBe(new BaseImage(name, $"base/docker.io/{name}"));
        (await bases.List(Cancel)).ShouldContain(stored);
    }

    [Fact]
    public async Task Provide_ImageInAnotherRegistry_IsPulledAndStoredInOurs()
    {
        var bases = engine.Get<BaseImages>();
        var built = await Build("public");
        // The same registry by another name plays the public one.
        var repository = $"localhost:{engine.RegistryPort}/public";
        await engine.Images.Tag(built, repository, "1", Cancel);
        await engine.Images.Push(repository, "1", null, Cancel);
        await engine.Images.Remove(built, Cancel);
        await engine.Images.Remove(engine.Named($"{repository}:1"), Cancel);

        await bases.Provide(ImageReference.Parse($"{repository}:1"), refresh: false, _said.Add, Cancel);

        _said.ShouldBe([$"{repository}:1 is from localhost:{engine.RegistryPort}."]);
        (await bases.List(Cancel)).ShouldContain(new BaseImage($"{repository}:1", $"base/localhost__{engine.RegistryPort}/public:1"));
    }

    [Fact]
    public async Task Provide_RefreshWithoutARegistry_UsesWhatTheEngineHas()
    {
        var name = engine.Named($"registry.invalid/{engine.Unique}:1");
        await engine.Images.Tag(await Build("refreshed"), $"registry.invalid/{engine.Unique}", "1", Cancel);

        await engine.Get<BaseImages>().Provide(ImageReference.Parse(name), refresh: true, _said.Add, Cancel);

        _said.ShouldHaveSingleItem().ShouldStartWith($"{name} is used as the engine has it: registry.invalid does not answer");
    }

    [Fact]
    public async Task Provide_RefreshOfAnImageInOurOwnRegistry_PullsItFromThere()
    {
        var repository = $"{engine.RegistryAddress}/shop/base";
        await engine.Images.Tag(await Build("ours"), repository, "1", Cancel);
        await engine.Images.Push(repository, "1", null, Cancel);
        var reference = ImageReference.Parse(engine.Named($"{repository}:1"));

        await engine.Get<BaseImages>().Provide(reference, refresh: true, _said.Add, Cancel);
        await engine.Get<BaseImages>().Provide(reference, refresh: false, _said.Add, Cancel);
        (await Should.ThrowAsync<InvalidInputException>(() => engine.Get<BaseImages>().Provide(ImageReference.Parse($"{repository}:none"), refresh: true, _said.Add, Cancel)))
            .Message.ShouldContain("does not have it");

        _said.ShouldBe([$"{reference.Familiar} is from our registry.", $"{reference.Familiar} is in the engine."]);
    }

    [Fact]
    public async Task Import_OurRegistryAway_SaysThatItDoesNotTakeIt()
    {
        var name = await Build("kept");
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = $"127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        await using var services = engine.With(options => options with { RegistryAddress = address });

        (await Should.ThrowAsync<EngineException>(() => services.GetRequiredService<BaseImages>().Import(name, _said.Add, Cancel)))
            .Message.ShouldContain($"our registry ({address}) does not take it");
    }

    [Fact]
    public async Task Provide_ImageNowhere_ListsWhatWasTried()
    {
        var wrong = await Should.ThrowAsync<InvalidInputException>(() =>
            engine.Get<BaseImages>().Provide(ImageReference.Parse("registry.invalid/none:1"), refresh: false, _said.Add, Cancel));

        var diagnostic = wrong.Diagnostics.ShouldHaveSingleItem();
        diagnostic.Message.ShouldContain("the engine does not have it");
        diagnostic.Message.ShouldContain($"our registry ({engine.RegistryAddress}) does not have it");
        diagnostic.Message.ShouldContain("registry.invalid does not answer");
        diagnostic.Message.ShouldContain("can't be made here");
        diagnostic.Expected.ShouldNotBeNull().ShouldContain("slipway base import registry.invalid/none:1");
    }

    [Fact]
    public async Task Provide_RegistryThatNeverAnswers_IsGivenUpInTime()
    {
        using var silent = new TcpListener(IPAddress.Loopback, 0);
        silent.Start();
        var host = $"127.0.0.1:{((IPEndPoint)silent.LocalEndpoint).Port}";
        await using var services = engine.With(options => options with { PublicTimeout = TimeSpan.FromMilliseconds(200) });

        var wrong = await Should.ThrowAsync<InvalidInputException>(() =>
            services.GetRequiredService<BaseImages>().Provide(ImageReference.Parse($"{host}/none:1"), refresh: false, _said.Add, Cancel));

        wrong.Message.ShouldContain($"{host} does not answer (nothing within 0.2 s)");
    }

    [Fact]
    public async Task Provide_OurRegistryAway_SaysSoAmongTheOthers()
    {
        using var free = new TcpListener(IPAddress.Loopback, 0);
        free.Start();
        var address = $"127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        await using var services = engine.With(options => options with { RegistryAddress = address });

        var wrong = await Should.ThrowAsync<InvalidInputException>(() =>
            services.GetRequiredService<BaseImages>().Provide(ImageReference.Parse("registry.invalid/none:1"), refresh: false, _said.Add, Cancel));

        wrong.Message.ShouldContain($"our registry ({address}) does not give it");
    }

    [Theory]
    [InlineData("Debian:12")]
    [InlineData("debian@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public async Task Import_WhatCannotBeStored_IsRefused(string name) =>
        (await Should.ThrowAsync<InvalidInputException>(() => engine.Get<BaseImages>().Import(name, _said.Add, Cancel))).Message.ShouldContain(name);

    [Fact]
    public async Task Import_Debian_IsFetchedOrMadeAndCanBeBuiltOn()
    {
        var name = engine.Named("debian:12-slim");

        var stored = await engine.Get<BaseImages>().Import(name, _said.Add, Cancel);

        stored.Image.ShouldBe("base/docker.io/library/debian:12-slim");
        (await engine.Get<OwnRegistry>().Has("base/docker.io/library/debian", "12-slim", Cancel)).ShouldBeTrue(string.Join(' ', _said));
        var events = new Watched();
        using var folder = TemporaryFolder.ForBuild("FROM debian:12-slim\nRUN . /etc/os-release && echo \"is $VERSION_CODENAME\" && ls /var/cache/apt/archives/*.deb 2>/dev/null | wc -l && apt-config dump Acquire::Retries\n");
        await engine.Get<ImageBuilder>().Build("web", new BuildModel { Context = folder.Root, NoCache = true }, engine.Named($"slipway-pipelines-tests/debian:{engine.Unique}"), events, Cancel);
        var made = _said.Any(line => line.Contains("was made with mmdebstrap", StringComparison.Ordinal));
        events.Output.ShouldBe(["is bookworm", "0", .. made ? ["Acquire::Retries \"6\";"] : Array.Empty<string>()]);
    }

    [Fact]
    public async Task Make_Cancelled_EndsItsProcessesAndLeavesNoFiles()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var before = Scratch();
        var making = new Mmdebstrap(new ImageOptions { RegistryPassword = () => "", InstallMissing = true })
            .Make(new DebianSuite("bookworm", true, true), _ => { }, tar => Task.FromResult(tar.Length), stop.Token);
        await Until(() => Scratch().Except(before).Any(folder => Directory.EnumerateFileSystemEntries(folder).Any()));
        var scratch = Scratch().Except(before).ShouldHaveSingleItem();

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => making);
        Directory.Exists(scratch).ShouldBeFalse();
        await Until(() => !Processes.Any(command => command.Contains(scratch, StringComparison.Ordinal)));
    }

    static string[] Scratch() => Directory.GetDirectories(Path.GetTempPath(), "slipway-debian-*");

    void Say(string sentence)
    {
        lock (_said) _said.Add(sentence);
    }

    /// <summary>An image of its own: the content differs, so that no other name keeps it on the engine.</summary>
    async Task<string> Build(string what)
    {
        var name = engine.Named($"slipway-pipelines-tests/{what}:{engine.Unique}");
        using var folder = TemporaryFolder.ForBuild($"FROM scratch\nCOPY content /content\n").With("content", name);
        await engine.Get<ImageBuilder>().Build("base", new BuildModel { Context = folder.Root }, name, new Watched(), Cancel);
        return name;
    }
}
