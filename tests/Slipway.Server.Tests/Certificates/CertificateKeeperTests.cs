using System.Net;
using System.Security.Cryptography.X509Certificates;
using Slipway.Contracts;
using Slipway.Gateway;
using Slipway.Gateway.Control;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Server.Certificates;
using Slipway.Server.Data;
using CertificateRequest = Slipway.Server.Certificates.CertificateRequest;

namespace Slipway.Server.Tests.Certificates;

/// <summary>From the table and the database to handshakes with a real gateway.</summary>
public sealed class CertificateKeeperTests : IAsyncLifetime
{
    readonly TestFolder _folder = new();
    readonly DataFolder _data;
    readonly TestDatabase _database;
    readonly SteppedTime _time = new();
    readonly CancellationTokenSource _stop = new();
    KeeperWorld _world = null!;
    Task<int> _gateway = Task.FromResult(0);
    IPEndPoint _https = null!;
    long _version;

    public CertificateKeeperTests() => (_data, _database) = (new DataFolder(_folder.Path), TestDatabase.In(_folder.Path));

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _gateway = GatewayProcess.Run(new GatewayOptions { Listen = ["127.0.0.1:0"], ListenHttps = ["127.0.0.1:0"], Folder = _data.Gateway }, _stop.Token);
        using var client = new GatewayClient(_data.ControlSocket);
        await Eventually.Is(() => client.IsAlive(Cancel));
        _https = IPEndPoint.Parse((await client.Report(Cancel)).Listening[1]);
        _world = new KeeperWorld(_data, _database.Address, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _stop.CancelAsync();
        (await _gateway).ShouldBe(0);
        _stop.Dispose();
        _database.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Host_WithoutACertificate_IsServedWithOneOfTheOwnAuthority_AndAgainAfterARestart()
    {
        await _world.Start();
        await Route("shop.localhost", "preview.shop.localhost");

        var root = await Root();
        var first = await Served("shop.localhost", root);
        await Served("preview.shop.localhost", root);
        await _world.DisposeAsync();
        _world = new KeeperWorld(_data, _database.Address, _time);
        await _world.Start();
        await Route("shop.localhost");

        (await Root()).Thumbprint.ShouldBe(root.Thumbprint);
        await Eventually.Is(() => Task.FromResult(_world.Certificates.List().Count == 1));
        (await Served("shop.localhost", root)).SerialNumber.ShouldBe(first.SerialNumber);
        _world.Certificates.List().Single().ShouldSatisfyAllConditions(
            one => one.Source.ShouldBe("own"), one => one.Hosts.ShouldBe(["shop.localhost"]), one => one.Issuer!.ShouldStartWith("Slipway CA"), one => one.Problem.ShouldBeNull());
    }

    [Fact]
    public async Task Given_TakesThePlaceOfTheOwn_IsReplacedByTheNext_AndGivesItBack()
    {
        await _world.Start();
        await Route("shop.example.com");
        var root = await Root();
        await Served("shop.example.com", root);
        var (one, two) = (MadeCertificate.For("*.example.com"), MadeCertificate.For("*.example.com"));

        (await _world.Certificates.Add(new CertificateRequest { Chain = one.Chain, Key = one.Key }, Caller.Server, Cancel)).IsNew.ShouldBeTrue();
        (await Served("shop.example.com", one.Root)).SerialNumber.ShouldBe(one.Serial);
        await Eventually.Is(() => Task.FromResult(_world.Certificates.List().All(row => row.Source == "given")));
        (await _world.Certificates.Add(new CertificateRequest { Chain = two.Chain, Key = two.Key }, Caller.Server, Cancel)).IsNew.ShouldBeFalse();
        (await Served("shop.example.com", two.Root)).SerialNumber.ShouldBe(two.Serial);

        await _world.Certificates.Remove("*.example.com", Caller.Server, Cancel);
        (await Served("shop.example.com", root)).Issuer.ShouldBe(root.Subject);
    }

    [Fact]
    public async Task Own_AtTwoThirdsOfItsLife_IsRenewed()
    {
        _time.Now = DateTimeOffset.UtcNow.AddDays(-59);
        await _world.Start();
        await Route("shop.localhost");
        var root = await Root();
        var first = await Served("shop.localhost", root);

        _world.Bell.Ring();
        (await Served("shop.localhost", root)).SerialNumber.ShouldBe(first.SerialNumber);
        _time.Now = DateTimeOffset.UtcNow.AddDays(2);
        _world.Bell.Ring();

        await Eventually.Is(async () => (await Served("shop.localhost", root)).SerialNumber != first.SerialNumber);
    }

    [Fact]
    public async Task Given_ThatEnded_IsServedNoMore_AndSaysSo()
    {
        var short_ = MadeCertificate.Make(["shop.example.com"], DateTimeOffset.UtcNow.AddDays(-50), DateTimeOffset.UtcNow.AddDays(5));
        await _world.Start();
        await Route("shop.example.com");
        await _world.Certificates.Add(new CertificateRequest { Chain = short_.Chain, Key = short_.Key }, Caller.Server, Cancel);
        await Served("shop.example.com", short_.Root);
        _world.Certificates.List().Single(one => one.Source == "given").Problem!.ShouldContain("ends soon");

        _time.Now = DateTimeOffset.UtcNow.AddDays(6);
        _world.Bell.Ring();

        (await Served("shop.example.com", await Root())).Subject.ShouldBe("CN=shop.example.com");
        _world.Certificates.List().Single(one => one.Source == "given").Problem!.ShouldContain("has ended");
    }

    [Fact]
    public async Task Host_ThatIsOff_OrAnAddress_GetsNone()
    {
        await _world.Start();
        await Publish(Make("shop.localhost"), Make("plain.localhost") with { Https = new HttpsPolicy { Mode = HttpsMode.Off } }, Make("10.1.2.3"));

        await Served("shop.localhost", await Root());

        _world.Certificates.List().Select(one => one.Name).ShouldBe(["shop.localhost"]);
    }

    [Fact]
    public async Task Gateway_ThatLostItsCertificates_IsGivenThemAgain()
    {
        await _world.Start();
        await Route("shop.localhost");
        var root = await Root();
        await Served("shop.localhost", root);
        using (var client = new GatewayClient(_data.ControlSocket)) await client.Publish(new CertificateSet { Revision = "x", Certificates = [] }, Cancel);

        await _world.Gateways.Report(Cancel);

        await Served("shop.localhost", root);
    }

    [Fact]
    public async Task Database_HoldsNoKeyInTheClear()
    {
        await _world.Start();
        await Route("shop.localhost");
        await Served("shop.localhost", await Root());

        var rows = _world.Database.Read(CertificateRow.All);

        rows.Single().Key(_world.Box).ShouldContain("PRIVATE KEY");
        System.Text.Encoding.Latin1.GetString(rows.Single().Secret).ShouldNotContain("PRIVATE KEY");
    }

    Task Route(params string[] hosts) => Publish(Make(hosts));

    Task Publish(params Route[] routes) => _world.Gateways.Publish(new RouteTable { Version = ++_version, Routes = routes }, Cancel);

    static Route Make(params string[] hosts) => new() { App = AppName.Parse("shop"), Service = "web" + hosts[0].Split('.')[0], Hosts = hosts };

    async Task<X509Certificate2> Root() => X509Certificate2.CreateFromPem((await _world.Authority.Status(Cancel)).Certificate);

    Task<X509Certificate2> Served(string host, X509Certificate2 root) => _world.Served(_https, host, root);
}
