using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Gateway.Control;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Server.Certificates;
using CertificateRequest = Slipway.Server.Certificates.CertificateRequest;

namespace Slipway.Server.Tests.Certificates;

/// <summary>From the table and the database to handshakes with a real gateway.</summary>
public sealed class CertificateKeeperTests : IAsyncLifetime
{
    readonly SteppedTime _time = new();
    GatewayHome _home = null!;
    KeeperWorld _world = null!;

    static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _home = await GatewayHome.Start();
        _world = new KeeperWorld(_home, _time);
    }

    public async ValueTask DisposeAsync()
    {
        await _world.DisposeAsync();
        await _home.DisposeAsync();
    }

    [Fact]
    public async Task Host_WithoutACertificate_IsServedWithOneOfTheOwnAuthority_AndAgainAfterARestart()
    {
        await _world.Start();
        await Route("shop.localhost", "preview.shop.localhost");

        var root = await _world.Root();
        var first = await _world.Served("shop.localhost", root);
        await _world.Served("preview.shop.localhost", root);
        await _world.DisposeAsync();
        _world = new KeeperWorld(_home, _time);
        await _world.Start();
        await Route("shop.localhost");

        (await _world.Root()).Thumbprint.ShouldBe(root.Thumbprint);
        await Eventually.Is(() => Task.FromResult(_world.Certificates.List().Count == 1));
        (await _world.Served("shop.localhost", root)).SerialNumber.ShouldBe(first.SerialNumber);
        _world.Certificates.List().Single().ShouldSatisfyAllConditions(
            one => one.Source.ShouldBe("own"), one => one.Hosts.ShouldBe(["shop.localhost"]), one => one.Issuer!.ShouldStartWith("Slipway CA"), one => one.Problem.ShouldBeNull());
    }

    [Fact]
    public async Task Given_TakesThePlaceOfTheOwn_IsReplacedByTheNext_AndGivesItBack()
    {
        await _world.Start();
        await Route("shop.example.com");
        var root = await _world.Root();
        await _world.Served("shop.example.com", root);
        var (one, two) = (MadeCertificate.For("*.example.com"), MadeCertificate.For("*.example.com"));

        (await _world.Certificates.Add(new CertificateRequest { Chain = one.Chain, Key = one.Key }, Caller.Server, Cancel)).IsNew.ShouldBeTrue();
        (await _world.Served("shop.example.com", one.Root)).SerialNumber.ShouldBe(one.Serial);
        await Eventually.Is(() => Task.FromResult(_world.Certificates.List().All(row => row.Source == "given")));
        (await _world.Certificates.Add(new CertificateRequest { Chain = two.Chain, Key = two.Key }, Caller.Server, Cancel)).IsNew.ShouldBeFalse();
        (await _world.Served("shop.example.com", two.Root)).SerialNumber.ShouldBe(two.Serial);

        await _world.Certificates.Remove("*.example.com", Caller.Server, Cancel);
        (await _world.Served("shop.example.com", root)).Issuer.ShouldBe(root.Subject);
    }

    [Fact]
    public async Task Own_AtTwoThirdsOfItsLife_IsRenewed()
    {
        _time.Now = DateTimeOffset.UtcNow.AddDays(-59);
        await _world.Start();
        await Route("shop.localhost");
        var root = await _world.Root();
        var first = await _world.Served("shop.localhost", root);

        _world.Bell.Ring();
        (await _world.Served("shop.localhost", root)).SerialNumber.ShouldBe(first.SerialNumber);
        _time.Now = DateTimeOffset.UtcNow.AddDays(2);
        _world.Bell.Ring();

        await Eventually.Is(async () => (await _world.Served("shop.localhost", root)).SerialNumber != first.SerialNumber);
    }

    [Fact]
    public async Task Root_InItsNinthYear_HasTheNextBesideIt_WhichIssuesWhenItCanIssueNoMore()
    {
        await _world.Start();
        await Route("shop.localhost");
        var first = await _world.Root();
        await _world.Served("shop.localhost", first);
        (await _world.Authority.Status(Cancel)).Next.ShouldBeNull();

        _time.Now = first.NotAfter.AddDays(-90 - 365 + 1);
        _world.Bell.Ring();
        await Eventually.Is(async () => (await _world.Authority.Status(Cancel)).Next is not null);
        var announced = await _world.Authority.Status(Cancel);
        announced.Fingerprint.ShouldBe(first.GetCertHashString(HashAlgorithmName.SHA256).ToLowerInvariant());
        announced.Next!.IssuesFrom!.Value.ShouldBe(new DateTimeOffset(first.NotAfter).AddDays(-90), TimeSpan.FromSeconds(1));
        await _world.Served("shop.localhost", first);

        _time.Now = first.NotAfter.AddDays(-89);
        _world.Bell.Ring();

        using var second = X509Certificate2.CreateFromPem(announced.Next.Certificate);
        await _world.Served("shop.localhost", second);
        (await _world.Authority.Status(Cancel)).ShouldSatisfyAllConditions(now => now.Fingerprint.ShouldBe(announced.Next.Fingerprint), now => now.Next.ShouldBeNull());
    }

    [Fact]
    public async Task Root_RenewedByHand_WaitsAYear_OrIssuesAtOnce()
    {
        await _world.Start();
        await Route("shop.localhost");
        var first = await _world.Root();
        await _world.Served("shop.localhost", first);

        var announced = await _world.Authority.Renew(atOnce: false, Caller.Server, Cancel);
        announced.Next!.IssuesFrom!.Value.ShouldBe(DateTimeOffset.UtcNow.AddDays(365), TimeSpan.FromMinutes(5));
        (await Should.ThrowAsync<ConflictException>(() => _world.Authority.Renew(atOnce: false, Caller.Server, Cancel))).Message.ShouldContain("slipway ca renew --now");
        _world.Bell.Ring();
        (await _world.Served("shop.localhost", first)).Issuer.ShouldBe(first.Subject);

        var now = await _world.Authority.Renew(atOnce: true, Caller.Server, Cancel);
        _world.Bell.Ring();

        now.Fingerprint.ShouldBe(announced.Next.Fingerprint);
        await _world.Served("shop.localhost", await _world.Root());
        (await _world.Root()).Subject.ShouldNotBe(first.Subject);
    }

    [Fact]
    public async Task Given_ThatEnded_IsServedNoMore_AndSaysSo()
    {
        var short_ = MadeCertificate.Make(["shop.example.com"], DateTimeOffset.UtcNow.AddDays(-50), DateTimeOffset.UtcNow.AddDays(5));
        await _world.Start();
        await Route("shop.example.com");
        await _world.Certificates.Add(new CertificateRequest { Chain = short_.Chain, Key = short_.Key }, Caller.Server, Cancel);
        await _world.Served("shop.example.com", short_.Root);
        _world.Certificates.List().Single(one => one.Source == "given").Problem!.ShouldContain("ends soon");

        _time.Now = DateTimeOffset.UtcNow.AddDays(6);
        _world.Bell.Ring();

        (await _world.Served("shop.example.com", await _world.Root())).Subject.ShouldBe("CN=shop.example.com");
        _world.Certificates.List().Single(one => one.Source == "given").Problem!.ShouldContain("has ended");
    }

    [Fact]
    public async Task Host_ThatIsOff_OrAnAddress_GetsNone()
    {
        await _world.Start();
        await _world.Publish(Make("shop.localhost"), Make("plain.localhost") with { Https = new HttpsPolicy { Mode = HttpsMode.Off } }, Make("10.1.2.3"));

        await _world.Served("shop.localhost", await _world.Root());

        _world.Certificates.List().Select(one => one.Name).ShouldBe(["shop.localhost"]);
    }

    [Fact]
    public async Task Gateway_ThatLostItsCertificates_IsGivenThemAgain()
    {
        await _world.Start();
        await Route("shop.localhost");
        var root = await _world.Root();
        await _world.Served("shop.localhost", root);
        using (var client = new GatewayClient(_home.Data.ControlSocket)) await client.Publish(new CertificateSet { Revision = "x", Certificates = [] }, Cancel);

        await _world.Gateways.Report(Cancel);

        await _world.Served("shop.localhost", root);
    }

    [Fact]
    public async Task Database_HoldsNoKeyInTheClear()
    {
        await _world.Start();
        await Route("shop.localhost");
        await _world.Served("shop.localhost", await _world.Root());

        var rows = _world.Database.Read(CertificateRow.All);

        rows.Single().Key(_world.Box).ShouldContain("PRIVATE KEY");
        System.Text.Encoding.Latin1.GetString(rows.Single().Secret).ShouldNotContain("PRIVATE KEY");
    }

    Task Route(params string[] hosts) => _world.Publish(Make(hosts));

    static Route Make(params string[] hosts) => new() { App = AppName.Parse("shop"), Service = "web" + hosts[0].Split('.')[0], Hosts = hosts };
}
