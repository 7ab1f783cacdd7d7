using System.Globalization;
using System.Security.Cryptography;
using Slipway.Model;
using Slipway.Pipelines.Images;

namespace Slipway.Pipelines.Tests.Images.Building;

public sealed class ImageBuilderTests(RealEngine engine)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    readonly Watched _events = new();

    [Fact]
    public async Task Build_ArgsTargetLabelsAndIgnoredFiles_ReachTheEngine()
    {
        using var folder = TemporaryFolder.ForBuild("""
            ARG TOOL=sh
            FROM scratch AS tools
            COPY busybox /bin/sh
            COPY busybox /bin/ls
            COPY busybox /bin/stat
            FROM tools AS wanted
            ARG GREETING=none
            COPY . /context/
            RUN echo "greeting $GREETING"; ls -aR /context; stat -c 'owner %u:%g mode %a' /context/kept/run.sh
            EXPOSE 5000 53/udp 80
            VOLUME /data
            FROM tools AS broken
            RUN exit 1
            """).With(".dockerignore", "secret\n**/*.log\n.dockerignore\n").With("secret", "").With("kept/a.log", "").With("kept/run.sh", "");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(folder["kept/run.sh"], (UnixFileMode)0b111_101_101);

        var facts = await engine.Get<ImageBuilder>().Build(
            "web",
            new BuildModel { Context = folder.Root, Args = new Dictionary<string, string> { ["GREETING"] = "hello you" }, Target = "wanted", NoCache = true },
            engine.Named($"slipway-pipelines-tests/args:{engine.Unique}"), _events, Cancel);

        facts.TcpPorts.ShouldBe([80, 5000]);
        facts.Volumes.ShouldBe(["/data"]);
        facts.Tags.ShouldContain($"slipway-pipelines-tests/args:{engine.Unique}");
        var output = _events.Output.ToList();
        output.ShouldContain("greeting hello you");
        output.ShouldContain("owner 0:0 mode 755");
        output.ShouldContain("run.sh");
        output.ShouldNotContain("secret");
        output.ShouldNotContain("a.log");
        output.ShouldNotContain(".dockerignore");
        _events.All.OfType<RolloutEvent.BuildStep>().ShouldContain(s => s.Name.Contains("RUN echo", StringComparison.Ordinal) && s.State == BuildStepState.Done && s.Seconds > 0);
    }

    [Fact]
    public async Task Build_FailingStep_NamesFileLineStepAndItsLastOutput()
    {
        using var folder = TemporaryFolder.ForBuild("""
            FROM scratch
            COPY busybox /bin/sh
            RUN echo compiling; \
                echo 'error: no such symbol' >&2; exit 42
            """);

        var wrong = await Should.ThrowAsync<InvalidInputException>(() =>
            engine.Get<ImageBuilder>().Build("web", new BuildModel { Context = folder.Root }, null, _events, Cancel));

        var diagnostic = wrong.Diagnostics.ShouldHaveSingleItem();
        diagnostic.Key.ShouldBe("services.web.build");
        diagnostic.File.ShouldBe(folder["Dockerfile"]);
        diagnostic.Line.ShouldBe(3);
        diagnostic.Message.ShouldStartWith("step [2/2] RUN echo compiling");
        diagnostic.Message.ShouldContain("failed: exit code 42");
        diagnostic.Message.ShouldContain("  error: no such symbol");
    }

    [Fact]
    public async Task Build_MissingFile_NamesTheCopy()
    {
        using var folder = TemporaryFolder.ForBuild("FROM scratch\nCOPY nothing-here /x\n");

        var wrong = await Should.ThrowAsync<InvalidInputException>(() =>
            engine.Get<ImageBuilder>().Build("web", new BuildModel { Context = folder.Root }, null, _events, Cancel));

        wrong.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(d => d.Message.ShouldContain("nothing-here"), d => d.File.ShouldBe(folder["Dockerfile"]), d => d.Line.ShouldBe(2));
    }

    [Fact]
    public async Task Build_InlineDockerfileWithItsOwnSyntax_IsBuiltByTheEnginesFrontend()
    {
        using var folder = TemporaryFolder.ForBuild("not read");
        var model = new BuildModel { Context = folder.Root, DockerfileInline = "# syntax=frontend.invalid/docker/dockerfile:1\nFROM scratch\nCOPY busybox /bin/sh\nRUN echo inline\n", NoCache = true };

        await engine.Get<ImageBuilder>().Build("web", model, engine.Named($"slipway-pipelines-tests/inline:{engine.Unique}"), _events, Cancel);

        _events.Output.ShouldContain("inline");
        _events.Notes.ShouldContain(n => n.Contains("frontend.invalid/docker/dockerfile:1", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Build_Cancelled_EndsItsProcessOnTheEngine()
    {
        var seconds = RandomNumberGenerator.GetInt32(1_000_000, 9_999_999).ToString(CultureInfo.InvariantCulture);
        using var folder = TemporaryFolder.ForBuild($"FROM scratch\nCOPY busybox /bin/sh\nCOPY busybox /bin/sleep\nRUN echo begun; exec sleep {seconds}\n");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var build = engine.Get<ImageBuilder>().Build("web", new BuildModel { Context = folder.Root, NoCache = true }, null, _events, stop.Token);
        await _events.Seen(e => e is RolloutEvent.BuildOutput { Text: "begun" }).WaitAsync(TimeSpan.FromSeconds(60), Cancel);
        await Until(() => IsRunning(seconds));

        await stop.CancelAsync();

        await Should.ThrowAsync<OperationCanceledException>(() => build);
        await Until(() => !IsRunning(seconds));
    }

    [Theory]
    [InlineData("nowhere", "Dockerfile", "services.web.build.context", "is no folder")]
    [InlineData("", "Dockerfile.prod", "services.web.build", "there is no Dockerfile")]
    public async Task Build_NothingToBuild_NamesKeyAndPath(string context, string dockerfile, string key, string message)
    {
        using var folder = new TemporaryFolder();

        var wrong = await Should.ThrowAsync<InvalidInputException>(() =>
            engine.Get<ImageBuilder>().Build("web", new BuildModel { Context = Path.Combine(folder.Root, context), Dockerfile = dockerfile }, null, _events, Cancel));

        wrong.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            d => d.Key.ShouldBe(key), d => d.Message.ShouldContain(message), d => d.Found.ShouldNotBeNull().ShouldStartWith(folder.Root));
    }

    [Fact]
    public async Task Build_BaseNowhere_NamesTheLineOfItsFrom()
    {
        using var folder = TemporaryFolder.ForBuild("FROM scratch AS a\nFROM registry.invalid/none:1\n");

        var wrong = await Should.ThrowAsync<InvalidInputException>(() =>
            engine.Get<ImageBuilder>().Build("web", new BuildModel { Context = folder.Root }, null, _events, Cancel));

        wrong.Diagnostics.ShouldHaveSingleItem().ShouldSatisfyAllConditions(
            d => d.Line.ShouldBe(2), d => d.File.ShouldBe(folder["Dockerfile"]), d => d.Message.ShouldContain("registry.invalid/none:1"));
    }

    /// <summary>The engine runs on this machine, and what it runs is seen from here.</summary>
    static bool IsRunning(string argument) => Directory.EnumerateDirectories("/proc").Any(process =>
    {
        try
        {
            return int.TryParse(Path.GetFileName(process), out _) && File.ReadAllText(Path.Combine(process, "cmdline")) == $"sleep\0{argument}\0";
        }
        catch (Exception ended) when (ended is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    });

    static async Task Until(Func<bool> condition)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(30));
        while (!condition()) await Task.Delay(20, deadline.Token);
    }
}
