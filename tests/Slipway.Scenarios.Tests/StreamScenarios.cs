using System.Globalization;
using Slipway.Cli.Demo;
using Slipway.Contracts;

namespace Slipway.Scenarios.Tests;

/// <summary>A service that speaks no HTTP: its versions are switched under open connections.</summary>
public sealed class StreamScenarios(SlipwayProcess slipway)
{
    [Fact]
    public async Task Redis_BlueGreenUnderOpenConnections_NoCommandFails()
    {
        var (port, preview) = (FreePorts.Take(), FreePorts.Take());
        using var app = Redis("blue-green", port, $"preview: {preview}");
        var first = await slipway.Deploy(Version(app, 11));
        first.ExitCode.ShouldBe(0, first.All + slipway.Logs());
        first.Output.ShouldContain($"tcp://localhost:{port}");
        (await slipway.Do("apps")).Output.ShouldContain($"tcp://localhost:{port}");
        await using var users = new RedisUsers(port, count: 20);
        var open = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => RedisUsers.Connect(port)));
        foreach (var socket in open) (await RedisUsers.Version(socket)).ShouldBe("11");
        await users.More(100);

        (await slipway.Do("release", "plan", Version(app, 12).Folder, "--app", app.Name)).Output.ShouldContain($"seen at port {preview}/tcp");
        var second = await slipway.Deploy(app);
        second.ExitCode.ShouldBe(0, second.All + slipway.Logs());
        second.Output.ShouldContain($"tcp://localhost:{preview}");
        using (var early = await RedisUsers.Connect(preview)) (await RedisUsers.Version(early)).ShouldBe("12");
        users.Versions.Keys.ShouldBe(["11"], "nobody sees what is not promoted");
        await slipway.Do("promote", app.Name);
        await users.Anew();
        users.Versions.Keys.ShouldBe(["12"]);
        // What was open stays with the version that it began with.
        foreach (var socket in open) (await RedisUsers.Version(socket)).ShouldBe("11");

        await slipway.Do("rollback", app.Name);
        await users.Anew();
        users.Versions.Keys.ShouldBe(["11"]);
        foreach (var socket in open)
        {
            (await RedisUsers.Version(socket)).ShouldBe("11");
            socket.Dispose();
        }
        users.Failures.ShouldBeEmpty($"of {users.Commands} commands\n{slipway.Logs()}");
        (await slipway.Try("deploy", Redis("rolling", port, "").Folder, "--app", "other")).Errors.ShouldContain($"claims port {port}/tcp, which store of {app.Name} has");
    }

    /// <summary>Two redis on one volume would lose data: the old one is stopped before the new one starts, and who connects in between waits.</summary>
    [Fact]
    public async Task Redis_WithAVolume_IsReplacedAndWhoConnectsMeanwhileWaits()
    {
        var port = FreePorts.Take();
        using var app = Redis("recreate", port, "", volume: true);
        await slipway.Deployed(Version(app, 11));
        await using var users = new RedisUsers(port, count: 10);
        await users.More(100);

        var second = await slipway.Deploy(Version(app, 12));
        second.ExitCode.ShouldBe(0, second.All + slipway.Logs());
        await users.Anew();

        users.Versions.Keys.ShouldBe(["12"]);
        using var last = await RedisUsers.Connect(port);
        int.Parse((await RedisUsers.Ask(last, "INCR visits"))[1..], CultureInfo.InvariantCulture).ShouldBeGreaterThan(users.Commands - 20, "no visit was lost");
        users.Failures.ShouldBeEmpty($"of {users.Commands} commands\n{slipway.Logs()}");
    }

    static TestApp Redis(string strategy, int port, string more, bool volume = false)
    {
        var app = new TestApp(strategy);
        var sample = Path.Combine(app.Folder, "sample");
        // The demo's redis, whose image the engine most likely has.
        GuestbookFiles.Write(sample, port: 1);
        app.Compose = $$"""
            services:
              store:
                build: sample/redis
                command: ["redis-server", "--bind", "0.0.0.0", "--protected-mode", "no", "--appendonly", "yes", "--databases", "VERSION"]
                {{(volume ? "volumes: ['data:/data']" : "ports: []")}}
                x-release:
                  strategy: {{strategy}}
                  listen: { tcp: {{port}}, port: 6379{{(more.Length > 0 ? $", {more}" : "")}} }
                  drain: { connections: 60s }
            {{(volume ? "volumes: {data: }" : "")}}
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
