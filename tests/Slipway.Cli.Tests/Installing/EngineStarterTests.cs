using Slipway.Cli.Installing;
using Slipway.Engines.Docker;
using Slipway.Server.Data;

namespace Slipway.Cli.Tests.Installing;

public class EngineStarterTests
{
    [Fact]
    public async Task StartProcess_EngineEndsAtOnce_ShowsItsLastWords()
    {
        using var folder = new TemporaryFolder();
        var data = new DataFolder(folder["data"]);
        data.Prepare();
        var dockerd = folder["dockerd"];
        File.WriteAllText(dockerd, "#!/bin/sh\necho 'failed to start daemon: no space left on device' >&2\nexit 1\n");
        File.SetUnixFileMode(dockerd, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        using var client = new DockerClient($"unix://{folder["docker.sock"]}");
        var failed = await Should.ThrowAsync<CommandFailedException>(() =>
            new EngineStarter(data, dockerd, client, TextWriter.Null, TimeProvider.System).StartProcess(TestContext.Current.CancellationToken));
        failed.Message.ShouldContain("exit code 1");
        failed.Message.ShouldContain("no space left on device");
    }

    [Fact]
    public void RemoveStalePidFile_NumberOfAnotherProgram_IsRemoved()
    {
        using var folder = new TemporaryFolder();
        var file = folder["docker.pid"];
        File.WriteAllText(file, $"{Environment.ProcessId}\n");
        EngineStarter.RemoveStalePidFile(file);
        File.Exists(file).ShouldBeFalse();
    }
}
