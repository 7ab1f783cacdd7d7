using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Tests.Certificates;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Listening;

/// <summary>TLS on ports that routes own.</summary>
public sealed class RoutePortTlsTests : IAsyncLifetime
{
    readonly TestAuthority _authority = new();
    readonly int _port = RoutePortTests.FreePort();
    Backend _backend = null!;
    TestGateway _gateway = null!;

    public async ValueTask InitializeAsync()
    {
        _backend = await Backend.Start("app", context => context.Response.WriteAsync(
            $"{context.Request.Headers["X-Forwarded-Proto"]} {context.Request.Headers["X-Forwarded-Port"]} {context.Request.Headers["X-Forwarded-Host"]}"));
        _gateway = await Start();
        await _gateway.Publish(Route(tls: true));
        await _gateway.Control.Publish(new CertificateSet { Revision = "1", Certificates = [_authority.Issue("app", "app.test"), _authority.Issue("wild", "*.wild.test"), _authority.Issue("other", "other.test")] }, Cancel);
    }

    public async ValueTask DisposeAsync()
    {
        await _gateway.DisposeAsync();
        await _backend.DisposeAsync();
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Request_IsServedWithTheHostsCertificate_InTheProtocolThatAlpnChose(string version)
    {
        using var client = Client("https", "app.test", Version.Parse(version));

        using var answer = await client.GetAsync("/", Cancel);

        answer.Version.ShouldBe(Version.Parse(version));
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe($"https {_port} app.test:{_port}");
    }

    [Fact]
    public async Task Name_BelowAWildcardOfTheService_GetsItsCertificate()
    {
        using var client = Client("https", "a.wild.test", HttpVersion.Version11);
        (await client.GetStringAsync("/", Cancel)).ShouldStartWith("https ");
    }

    /// <summary>The certificate is there, for another app; by it this one would answer in the other's name.</summary>
    [Fact]
    public async Task Name_OfAnotherApp_GetsNoHandshake() =>
        await Should.ThrowAsync<Exception>(() => Handshake("other.test"));

    [Fact]
    public async Task NoName_GetsTheServicesFirstHostsCertificate()
    {
        using var stream = await Handshake(null);
        new X509Certificate2(stream.RemoteCertificate!).MatchesHostname("app.test").ShouldBeTrue();
    }

    [Theory]
    [InlineData("app.test", "app.test")]
    [InlineData("a.wild.test", "a.wild.test")]
    // A client that knows but the address is shown the name that a certificate is for.
    [InlineData("127.0.0.1", "app.test")]
    [InlineData("evil.test", "app.test")]
    public async Task Http_IsShownTheWayToHttpsAtTheSamePort(string host, string to)
    {
        using var client = Client("http", host, HttpVersion.Version11);

        using var answer = await client.GetAsync("/a%20b?c=d", Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
        answer.Headers.Location!.OriginalString.ShouldBe($"https://{to}:{_port}/a%20b?c=d");
    }

    [Fact]
    public async Task Http2InTheClear_IsShownTheWayToo()
    {
        using var client = Client("http", "app.test", HttpVersion.Version20);
        (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
    }

    [Fact]
    public async Task Http_WhereHttpsAloneIsAllowed_IsRefused()
    {
        await _gateway.Publish(Route(tls: true) with { Https = new HttpsPolicy { Mode = HttpsMode.Only } });
        using var client = Client("http", "app.test", HttpVersion.Version11);
        (await client.GetAsync("/", Cancel)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        using var secure = Client("https", "app.test", HttpVersion.Version11);
        (await secure.GetStringAsync("/", Cancel)).ShouldStartWith("https ");
    }

    [Fact]
    public async Task Port_ChangesItsProtocolWithTheTables()
    {
        await _gateway.Publish(Route(tls: false));
        using (var client = Client("http", "app.test", HttpVersion.Version11)) (await client.GetStringAsync("/", Cancel)).ShouldStartWith("http ");
        await Should.ThrowAsync<Exception>(() => Handshake("app.test"));

        await _gateway.Publish(Route(tls: true));
        using (var client = Client("https", "app.test", HttpVersion.Version11)) (await client.GetStringAsync("/", Cancel)).ShouldStartWith("https ");
    }

    /// <summary>The gateway's own addresses say nothing of it.</summary>
    [Fact]
    public async Task SharedAddress_ServesTheRouteInTheClear() =>
        (await _gateway.Client().GetStringAsync("/", Cancel)).ShouldStartWith("http ");

    Route Route(bool tls) => Routes.To(_backend) with { Hosts = ["*.wild.test", "app.test"], Ports = [new GatewayPort("127.0.0.1", _port) { Tls = tls }] };

    HttpClient Client(string scheme, string host, Version version) => new(new SocketsHttpHandler
    {
        UseProxy = false,
        AllowAutoRedirect = false,
        SslOptions = Options(host),
        ConnectCallback = async (_, cancel) => new NetworkStream(await _gateway.Connect(cancel, new IPEndPoint(IPAddress.Loopback, _port)), ownsSocket: true),
    })
    {
        BaseAddress = new Uri($"{scheme}://{host}:{_port}"),
        DefaultRequestVersion = version,
        DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
    };

    async Task<SslStream> Handshake(string? name)
    {
        var stream = new SslStream(new NetworkStream(await _gateway.Connect(Cancel, new IPEndPoint(IPAddress.Loopback, _port)), ownsSocket: true));
        var options = Options(name);
        if (name is null) options.RemoteCertificateValidationCallback = (_, _, _, errors) => errors is SslPolicyErrors.None or SslPolicyErrors.RemoteCertificateNameMismatch;
        await stream.AuthenticateAsClientAsync(options, Cancel);
        return stream;
    }

    SslClientAuthenticationOptions Options(string? name)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_authority.Root);
        return new SslClientAuthenticationOptions { TargetHost = name ?? "", EnabledSslProtocols = SslProtocols.None, CertificateChainPolicy = policy };
    }
}
