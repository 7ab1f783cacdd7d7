using Slipway.Engines.Docker;
using Slipway.Model;

namespace Slipway.Engines.Tests.Docker;

public sealed class DockerClientTests
{
    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task NegotiateVersion_NoEngine_SaysWhereItLooked()
    {
        using var client = new DockerClient("unix:///nowhere/docker.sock");

        var failure = await Should.ThrowAsync<EngineUnavailableException>(() => client.NegotiateVersion(Cancel));

        failure.Message.ShouldContain("unix:///nowhere/docker.sock");
        failure.Message.ShouldContain("slipway up");
    }

    [Theory]
    [InlineData("ssh://host")]
    [InlineData("/var/run/docker.sock")]
    [InlineData("")]
    public void Client_AddressOfAnotherForm_NamesTheSettingAndWhatIsRight(string address)
    {
        var diagnostic = Should.Throw<InvalidInputException>(() => new DockerClient(address)).Diagnostics.ShouldHaveSingleItem();

        diagnostic.Key.ShouldBe("DOCKER_HOST");
        diagnostic.Found.ShouldBe(address);
        diagnostic.Expected.ShouldNotBeNull().ShouldContain("unix:///");
    }

    [Fact]
    public async Task Send_EngineRefuses_ThrowsItsWords()
    {
        await using var engine = await ScriptedEngine.Start(_ => ScriptedEngine.Json(409, """{"message":"it is in use"}"""));
        using var client = new DockerClient(engine.Address);

        var refusal = await Should.ThrowAsync<EngineException>(() => client.Send(HttpMethod.Delete, "/volumes/v", null, Cancel));

        refusal.Status.ShouldBe(409);
        refusal.Message.ShouldBe("it is in use");
        engine.Requests.ShouldBe(["DELETE /v1.41/volumes/v HTTP/1.1"]);
    }

    [Fact]
    public async Task Observe_ContainerGoneInBetween_IsLeftOut()
    {
        const string There = """
            {"Id":"b","Name":"/shop.web.v1.1","Created":"2026-11-22T22:02:00.143880691Z","RestartCount":2,"Config":{"Image":"i","Labels":
            {"dev.slipway.app":"shop","dev.slipway.service":"web","dev.slipway.hash":"h","dev.slipway.release":"1","dev.slipway.index":"1"}},
            "HostConfig":{"NetworkMode":"host"},"NetworkSettings":{"Networks":{"host":{"IPAddress":""}}},
            "State":{"Status":"running","Running":true,"ExitCode":0,"Error":"","StartedAt":"2026-11-22T22:02:00.33972429Z","FinishedAt":"0001-01-01T00:00:00Z","Health":{"Status":"starting"}}}
            """;
        await using var script = await ScriptedEngine.Start(request => request.Contains("/containers/json", StringComparison.Ordinal) ? ScriptedEngine.Json(200, """[{"Id":"a"},{"Id":"b"}]""")
            : request.Contains("/containers/b/json", StringComparison.Ordinal) ? ScriptedEngine.Json(200, There)
            : ScriptedEngine.Json(404, """{"message":"No such container: a"}"""));
        using var client = new DockerClient(script.Address);
        using var engine = new DockerEngine(client, _ => null);

        var instance = (await engine.Observe(null, Cancel)).ShouldHaveSingleItem();

        instance.Name.ShouldBe("shop.web.v1.1");
        instance.Health.ShouldBe(InstanceHealth.Starting);
        instance.Restarts.ShouldBe(2);
        instance.Addresses.ShouldBe(new Dictionary<string, string> { ["host"] = "127.0.0.1" });
        instance.Finished.ShouldBeNull();
        instance.ExitCode.ShouldBeNull();
        instance.Error.ShouldBeNull();
    }

    [Fact]
    public async Task Watch_ConnectionBreaks_Ends()
    {
        const string Event = """{"Action":"die","Actor":{"ID":"x","Attributes":{"dev.slipway.app":"shop"}}}""";
        await using var script = await ScriptedEngine.Start(_ => $"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{Event.Length + 1:x}\r\n{Event}\n\r\n");
        using var client = new DockerClient(script.Address);
        using var engine = new DockerEngine(client, _ => null);
        var told = new List<EngineEvent>();

        await foreach (var change in engine.Watch(Cancel)) told.Add(change);

        told.ShouldBe([new EngineEvent(AppName.Parse("shop"), "x", "die")]);
    }

    [Fact]
    public async Task Apply_AnotherProcessMakesTheNetworkJustNow_TakesThatOne()
    {
        var made = false;
        await using var script = await ScriptedEngine.Start(request =>
        {
            if (request.StartsWith("GET /v1.41/networks", StringComparison.Ordinal))
                return ScriptedEngine.Json(200, made ? """[{"Id":"n2","Name":"slipway.shop.blue.default"},{"Id":"n1","Name":"slipway.shop.blue.default"},{"Id":"n0","Name":"slipway.shop.blue.default2"}]""" : "[]");
            if (request.Contains("/networks/create", StringComparison.Ordinal))
            {
                made = true;
                return ScriptedEngine.Json(409, """{"message":"network with name slipway.shop.blue.default already exists"}""");
            }
            return ScriptedEngine.Json(404, """{"message":"not scripted"}""");
        });
        using var client = new DockerClient(script.Address);
        using var networks = new DockerNetworks(client, DockerEngine.DefaultPool);

        var ids = await networks.Ensure(new()
        {
            App = AppName.Parse("shop"), Service = "web", Release = 1, Hash = "h", Image = "i", Container = new(), Replicas = 1,
            Networks = [new() { Name = "slipway.shop.blue.default", Definition = new() { Key = "default" } }],
        }, Cancel);

        ids.ShouldBe(["n1"]);
    }
}
