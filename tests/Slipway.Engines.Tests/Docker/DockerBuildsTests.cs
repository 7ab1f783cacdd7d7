using Slipway.Engines.Docker;

namespace Slipway.Engines.Tests.Docker;

public sealed class DockerBuildsTests(RealEngine engine)
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Build_GoodDockerfile_TracesThenNamesTheImage()
    {
        var messages = await engine.Build($"FROM {RealEngine.Tag}\nARG WHO\nRUN echo $WHO > /who\nLABEL a=b", with: r => r with
        {
            BuildArgs = new Dictionary<string, string> { ["WHO"] = "me & you" },
            Labels = new Dictionary<string, string> { ["c"] = "d" },
        });

        messages.OfType<BuildMessage.Trace>().ShouldNotBeEmpty();
        messages.OfType<BuildMessage.Trace>().ShouldAllBe(trace => trace.StatusResponse.Length > 0);
        var image = messages.OfType<BuildMessage.Image>().ShouldHaveSingleItem();
        (await engine.Images.Find(image.Id, Cancel)).ShouldNotBeNull().Id.ShouldBe(image.Id);
        await engine.Images.Remove(image.Id, Cancel);
    }

    [Fact]
    public async Task Build_StepFails_ThrowsTheEnginesError()
    {
        var failure = await Should.ThrowAsync<EngineException>(() => engine.Build($"FROM {RealEngine.Tag}\nRUN exit 7"));

        failure.Message.ShouldContain("exit code: 7");
        failure.Status.ShouldBe(0);
    }

    [Fact]
    public async Task Build_RefusedWhileALongContextIsStillWritten_ThrowsTheRefusalNotABrokenPipe()
    {
        async Task Endless(Stream stream, CancellationToken cancel)
        {
            var block = new byte[65536];
            for (var i = 0; i < 1000; i++) await stream.WriteAsync(block, cancel);
        }
        var request = new BuildRequest { BuildId = Guid.NewGuid().ToString("N"), Tag = "NOT A TAG" };

        var failure = await Should.ThrowAsync<EngineException>(async () =>
        {
            await foreach (var _ in engine.Builds.Build(request, Endless, Cancel))
            {
            }
        });

        failure.Message.ShouldContain("invalid reference format");
    }

    [Fact]
    public async Task Build_ContextCantBeMade_ThrowsWhatTheWriterThrew()
    {
        var request = new BuildRequest { BuildId = Guid.NewGuid().ToString("N") };

        var failure = await Should.ThrowAsync<FileNotFoundException>(async () =>
        {
            await foreach (var _ in engine.Builds.Build(request, (_, _) => throw new FileNotFoundException("gone.txt"), Cancel))
            {
            }
        });

        failure.Message.ShouldBe("gone.txt");
    }

    [Fact]
    public async Task Build_Cancelled_EndsTheStepOnTheEngine()
    {
        using var cancelling = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var request = new BuildRequest { BuildId = Guid.NewGuid().ToString("N"), NoCache = true };
        var mark = "slipway-engines-" + request.BuildId;
        var seen = 0;

        await Should.ThrowAsync<OperationCanceledException>(async () =>
        {
            await foreach (var message in engine.Builds.Build(request, RealEngine.Context($"FROM {RealEngine.Tag}\nRUN echo {mark}-began; sleep 600"), cancelling.Token))
                if (message is BuildMessage.Trace trace && Contains(trace, $"{mark}-began\n") && seen++ == 0) await cancelling.CancelAsync();
        });

        seen.ShouldBe(1);
        await Eventually.True(() => !Processes().Any(command => command.Contains(mark, StringComparison.Ordinal)), "the step still runs on the engine");
    }

    [Fact]
    public async Task Build_NoBuildKit_FallsBackToTheClassicBuilder()
    {
        await using var old = await ScriptedEngine.Start(request => request.Contains("version=2", StringComparison.Ordinal)
            ? ScriptedEngine.Json(500, """{"message":"buildkit not supported by daemon"}""")
            : ScriptedEngine.Json(200, "{\"stream\":\"Step 1/1 : FROM x\\n\"}\r\n{\"aux\":{\"ID\":\"sha256:abc\"}}\r\n{\"stream\":\"Successfully built abc\\n\"}\r\n"));
        using var client = new DockerClient(old.Address);
        var contexts = 0;

        var messages = new List<BuildMessage>();
        await foreach (var message in new DockerBuilds(client).Build(new() { BuildId = "b" }, (_, _) => Task.FromResult(contexts++), Cancel)) messages.Add(message);

        messages.ShouldBe([new BuildMessage.Output("Step 1/1 : FROM x\n"), new BuildMessage.Image("sha256:abc"), new BuildMessage.Output("Successfully built abc\n")]);
        contexts.ShouldBe(2);
    }

    [Fact]
    public async Task Build_EngineGoesAwayInTheMiddle_ThrowsUnavailable()
    {
        await using var dying = await ScriptedEngine.Start(_ => "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n12\r\n{\"stream\":\"half\"}\n\r\n");
        using var client = new DockerClient(dying.Address);
        var seen = new List<BuildMessage>();

        await Should.ThrowAsync<EngineUnavailableException>(async () =>
        {
            await foreach (var message in new DockerBuilds(client).Build(new() { BuildId = "b" }, (_, _) => Task.CompletedTask, Cancel)) seen.Add(message);
        });

        seen.ShouldBe([new BuildMessage.Output("half")]);
    }

    static bool Contains(BuildMessage.Trace trace, string text) => trace.StatusResponse.Span.IndexOf(System.Text.Encoding.UTF8.GetBytes(text)) >= 0;

    /// <summary>Command lines on this machine: the engine's containers run on it.</summary>
    static IEnumerable<string> Processes()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            var line = "";
            try
            {
                line = File.ReadAllText(Path.Combine(process, "cmdline"));
            }
            catch (IOException)
            {
                // Ended in between, or no process.
            }
            yield return line;
        }
    }
}
