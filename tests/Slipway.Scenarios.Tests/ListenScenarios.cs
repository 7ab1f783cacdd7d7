using System.Globalization;
using Slipway.Cli.Demo;
using Slipway.Contracts;

namespace Slipway.Scenarios.Tests;

/// <summary>A service that speaks no HTTP: its versions are switched under open connections.</summary>
public sealed class ListenScenarios(SlipwayProcess slipway)
{
    /// <summary>One redis has a volume: two on one set of files would lose data, so that the old one is stopped before the new one starts, and who connects meanwhile waits.</summary>
    [Fact]
    public async Task Redis_SwitchedUnderOpenConnections_NoCommandFailsAndNoDataIsLost()
    {
        var (port, preview, kept) = (FreePorts.Take(), FreePorts.Take(), FreePorts.Take());
        using var app = Redis(port, preview, kept);
        var first = await slipway.Deploy(Version(app, 11));
        first.ExitCode.ShouldBe(0, first.All + slipway.Logs());
        first.Output.ShouldContain($"tcp://localhost:{port}");
        await using var users = new RedisUsers(port, count: 15);
        await using var writers = new RedisUsers(kept, count: 10);
        var open = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => RedisUsers.Connect(port)));
        foreach (var socket in open) (await RedisUsers.Version(socket)).ShouldBe("11");
        await writers.More(100);

        (await slipway.Do("release", "plan", Version(app, 12).Folder, "--app", app.Name)).Output.ShouldContain($"seen at port {preview}/tcp");
        var second = await slipway.Deploy(app);
        second.ExitCode.ShouldBe(0, second.All + slipway.Logs());
        second.Output.ShouldContain($"tcp://localhost:{preview}");
        using (var early = await RedisUsers.Connect(preview)) (await RedisUsers.Version(early)).ShouldBe("12");
        users.Versions.Keys.ShouldBe(["11"], "nobody sees what is not promoted");
        (await slipway.Do("apps")).Output.ShouldContain($"tcp://localhost:{port}");
        await slipway.Do("promote", app.Name);
        await Task.WhenAll(users.Anew(), writers.Anew());
        users.Versions.Keys.ShouldBe(["12"]);
        writers.Versions.Keys.ShouldBe(["12"]);
        // What was open stays with the version that it began with.
        foreach (var socket in open) (await RedisUsers.Version(socket)).ShouldBe("11");

        users.Failures.ShouldBeEmpty($"of {users.Commands} commands\n{slipway.Logs()}");
        writers.Failures.ShouldBeEmpty($"of {writers.Commands} commands\n{slipway.Logs()}");
        using var last = await RedisUsers.Connect(kept);
        int.Parse((await RedisUsers.Ask(last, "INCR visits"))[1..], CultureInfo.InvariantCulture).ShouldBeGreaterThan(writers.Commands - 20, "no visit was lost");
        foreach (var socket in open) socket.Dispose();
        (await slipway.Try("deploy", Redis(port, preview, kept).Folder, "--app", "other")).Errors.ShouldContain($"claims port {port}/tcp, which store of {app.Name} has");
    }

    static TestApp Redis(int port, int preview, int kept)
    {
        var app = new TestApp("blue-green");
        // The demo's redis, whose image the engine most likely has.
        GuestbookFiles.Write(Path.Combine(app.Folder, "sample"), port: 1);
        const string Command = """["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--appendonly", "yes", "--databases", "VERSION"]""";
        app.Compose = $$"""
            services:
              store:
                build: sample/redis
                command: {{Command}}
                x-release:
                  strategy: blue-green
                  listen: { tcp: {{port}}, port: 6379, preview: {{preview}} }
              kept:
                build: sample/redis
                command: {{Command}}
                volumes: ["data:/data"]
                x-release:
                  listen: { tcp: {{kept}}, port: 6379 }
            volumes: { data: }
            """;
        return app;
    }

    static TestApp Version(TestApp app, int databases)
    {
        var file = Path.Combine(app.Folder, "compose.yaml");
        app.Compose = System.Text.RegularExpressions.Regex.Replace(File.ReadAllText(file), "--databases\", \"\\w+\"", $"--databases\", \"{databases}\"");
        return app;
    }
}
