using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Slipway.Server.Api;
using Slipway.Server.Data;

namespace Slipway.Server.Tests;

public sealed class ServerStartTests : IDisposable
{
    readonly TestFolder _folder = new();

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Start_SaysWhereItListens_UntilItStops()
    {
        await using (var server = await TestServer.Start(_folder))
        {
            var file = ServerFile.Find(server.Data).ShouldNotBeNull();
            file.Url.ShouldBe(server.Host.Url);
            file.ProcessId.ShouldBe(Environment.ProcessId);
            File.ReadAllText(server.Data.ServerPid).Trim().ShouldBe(Environment.ProcessId.ToString(null, null));
            (await server.Anonymous.GetStringAsync("/healthz", Cancel)).ShouldBe("ok\n");
        }
        ServerFile.Find(new DataFolder(_folder.Path)).ShouldBeNull();
    }

    [Fact]
    public async Task Start_FolderOfARunningServer_SaysWhoHasIt()
    {
        await using var first = await TestServer.Start(_folder);

        var refused = await Should.ThrowAsync<ServerStartException>(() => ServerHost.Start(TestServer.OptionsFor(_folder), Cancel));

        refused.Message.ShouldContain($"process {Environment.ProcessId}");
        ServerFile.Find(first.Data)!.Url.ShouldBe(first.Host.Url);
    }

    [Fact]
    public async Task Start_AfterAStop_KeepsTheToken()
    {
        string token;
        await using (var first = await TestServer.Start(_folder)) token = first.Token;

        await using var second = await TestServer.Start(_folder);

        second.Token.ShouldBe(token);
    }

    [Fact]
    public async Task Run_PortInUse_ExitsWith1AndLeavesTheFolderFree()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();

        (await SlipwayServer.Run(TestServer.OptionsFor(_folder) with { Listen = other.LocalEndpoint.ToString()! }, Cancel)).ShouldBe(1);

        await using var server = await TestServer.Start(_folder);
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("127.0.0.1:99999")]
    [InlineData("example.com:80")]
    [InlineData("")]
    public async Task Run_NoAddress_ExitsWith2(string listen) =>
        (await SlipwayServer.Run(TestServer.OptionsFor(_folder) with { Listen = listen }, Cancel)).ShouldBe(2);

    [Fact]
    public async Task Start_StoreThatCannotBeReached_SaysWhatItTried()
    {
        _folder.Write("slipway.yaml", "registry:\n  storage: {type: swift, authUrl: 'http://127.0.0.1:1/auth/v1.0', user: 'ship:slipway', password: s3cret, container: images}\n");

        var refused = await Should.ThrowAsync<ServerStartException>(() => ServerHost.Start(TestServer.OptionsFor(_folder), Cancel));

        refused.Message.ShouldStartWith("The registry's store can't be used: ");
        refused.Message.ShouldContain("127.0.0.1:1");
        refused.Message.ShouldNotContain("s3cret");
    }

    [Fact]
    public async Task Run_DatabaseOfANewerSlipway_ExitsWith1()
    {
        await using (await TestServer.Start(_folder))
        {
        }
        await using (var connection = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={new DataFolder(_folder.Path).Database};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "INSERT INTO migrations (component, number, name, applied) VALUES ('registry', 9999, 'from_the_future', '')";
            command.ExecuteNonQuery();
        }

        (await SlipwayServer.Run(TestServer.OptionsFor(_folder), Cancel)).ShouldBe(1);
    }

    [Fact]
    public async Task Run_Cancelled_StopsInGoodOrder()
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        var running = SlipwayServer.Run(TestServer.OptionsFor(_folder), stop.Token);
        await Eventually.Is(() => ServerFile.Find(new DataFolder(_folder.Path)) is not null);

        await stop.CancelAsync();

        (await running).ShouldBe(0);
        ServerFile.Find(new DataFolder(_folder.Path)).ShouldBeNull();
    }

    [Fact]
    public async Task Readyz_NoEngine_IsReadyAndSaysSo()
    {
        await using var server = await TestServer.Start(_folder);

        var readiness = JsonSerializer.Deserialize(await server.Anonymous.GetStringAsync("/readyz", Cancel), ApiJson.Default.Readiness)!;

        readiness.Ready.ShouldBeTrue();
        readiness.Checks.Single(check => check.Name == "engine").Ok.ShouldBeFalse();
        readiness.Checks.Where(check => check.Required).ShouldAllBe(check => check.Ok);
    }

    [Fact]
    public async Task Readyz_StoreCannotBeWritten_Answers503()
    {
        await using var server = await TestServer.Start(_folder);
        Directory.Move(server.Data.Registry, server.Data.Registry + ".away");

        using var answer = await server.Anonymous.GetAsync("/readyz", Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        var readiness = JsonSerializer.Deserialize(await answer.Content.ReadAsStringAsync(Cancel), ApiJson.Default.Readiness)!;
        readiness.Checks.Single(check => !check.Ok && check.Required).Name.ShouldBe("store");
    }
}
