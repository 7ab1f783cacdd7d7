using Microsoft.Extensions.Logging.Abstractions;
using Slipway.Gateway;
using Slipway.Gateway.Control;
using Slipway.Model;
using Slipway.Server.Certificates;
using Slipway.Server.Data;
using Slipway.Server.Gateways;

namespace Slipway.Server.Tests.Gateways;

/// <summary>The server's view of a gateway that comes and goes: real ones, on free ports.</summary>
public sealed class LocalGatewaysTests : IAsyncLifetime
{
    readonly TestFolder _folder = new();
    readonly DataFolder _data;
    readonly LocalGateways _gateways;
    CancellationTokenSource _stop = new();
    Task<int> _running = Task.FromResult(0);

    public LocalGatewaysTests() => (_data, _gateways) = (new DataFolder(_folder.Path), new LocalGateways(new DataFolder(_folder.Path), new CertificateBell(), NullLogger<LocalGateways>.Instance));

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await StartGateway();

    public async ValueTask DisposeAsync()
    {
        await StopGateway();
        _gateways.Dispose();
        _stop.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Report_GatewayStartedAnewWithoutItsTable_GivesItTheLastOneAgain()
    {
        await _gateways.Publish(Table(5), Cancel);
        var before = (await _gateways.Report(Cancel)).Single();
        await StopGateway();
        File.Delete(Path.Combine(_data.Gateway, "table.json"));
        await StartGateway();

        var after = (await _gateways.Report(Cancel)).Single();

        after.Session.ShouldNotBe(before.Session);
        after.TableVersion.ShouldBe(5);
        (await Served()).Routes.ShouldHaveSingleItem().Hosts.ShouldBe(["shop.localhost"]);
    }

    [Fact]
    public async Task Report_GatewayWithAnOlderTable_GivesItTheLastOneAgain()
    {
        await _gateways.Publish(Table(5), Cancel);
        await StopGateway();
        File.Delete(Path.Combine(_data.Gateway, "table.json"));
        await StartGateway();
        using (var client = new GatewayClient(_data.ControlSocket)) await client.Publish(new RouteTable { Version = 3, Routes = [] }, Cancel);

        (await _gateways.Report(Cancel)).Single().TableVersion.ShouldBe(5);

        (await Served()).Routes.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Publish_GatewayHasANewerTable_SaysWhichAndWhatToDo()
    {
        await _gateways.Publish(Table(7), Cancel);

        var refused = await Should.ThrowAsync<Releases.GatewayUnavailableException>(() => _gateways.Publish(Table(2), Cancel));

        refused.Message.ShouldContain("table 7");
        refused.Message.ShouldContain("gateway/table.json");
    }

    [Fact]
    public async Task Report_NoGateway_SaysWhatStartsIt()
    {
        await StopGateway();

        var away = await Should.ThrowAsync<Releases.GatewayUnavailableException>(() => _gateways.Report(Cancel));

        away.Message.ShouldContain(_data.ControlSocket);
        away.Message.ShouldContain("'slipway up'");
    }

    async Task<RouteTable> Served()
    {
        using var client = new GatewayClient(_data.ControlSocket);
        return await client.Table(Cancel);
    }

    static RouteTable Table(long version) => new()
    {
        Version = version,
        Routes = [new Route { App = AppName.Parse("shop"), Service = "web", Hosts = ["shop.localhost"] }],
    };

    async Task StartGateway()
    {
        _stop.Dispose();
        _stop = new CancellationTokenSource();
        _running = GatewayProcess.Run(new GatewayOptions { Listen = ["127.0.0.1:0"], Folder = _data.Gateway }, _stop.Token);
        using var client = new GatewayClient(_data.ControlSocket);
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Cancel);
        deadline.CancelAfter(TimeSpan.FromSeconds(20));
        while (!await client.IsAlive(deadline.Token)) await Task.Delay(20, deadline.Token);
    }

    async Task StopGateway()
    {
        await _stop.CancelAsync();
        (await _running).ShouldBe(0);
    }
}
