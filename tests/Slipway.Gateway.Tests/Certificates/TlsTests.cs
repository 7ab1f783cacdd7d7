using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Certificates;

/// <summary>Real handshakes, by clients that trust the root alone and check the chain and the name.</summary>
public sealed class TlsTests
{
    readonly TestAuthority _authority = new();

    static CertificateSet Set(string revision, params ServedCertificate[] certificates) => new() { Revision = revision, Certificates = certificates };

    static Task<TestGateway> StartTls(string? folder = null) => Start(folder, options => options with { ListenHttps = ["127.0.0.1:0"] });

    static async Task<IPEndPoint> Https(TestGateway gateway) => IPEndPoint.Parse((await gateway.Control.Report(Cancel)).Listening[1]);

    async Task<SslStream> Handshake(TestGateway gateway, string name, SslProtocols protocols = SslProtocols.None, params SslApplicationProtocol[] offers)
    {
        var stream = new SslStream(new NetworkStream(await gateway.Connect(Cancel, await Https(gateway)), ownsSocket: true));
        await stream.AuthenticateAsClientAsync(Options(name, protocols, offers), Cancel);
        return stream;
    }

    SslClientAuthenticationOptions Options(string name, SslProtocols protocols = SslProtocols.None, params SslApplicationProtocol[] offers)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(_authority.Root);
        return new SslClientAuthenticationOptions { TargetHost = name, EnabledSslProtocols = protocols, CertificateChainPolicy = policy, ApplicationProtocols = offers.Length == 0 ? null : [.. offers] };
    }

    async Task<HttpClient> Client(TestGateway gateway, string host, Version? version = null)
    {
        var address = await Https(gateway);
        return new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            AllowAutoRedirect = false,
            SslOptions = Options(host),
            ConnectCallback = async (_, cancel) => new NetworkStream(await gateway.Connect(cancel, address), ownsSocket: true),
        })
        {
            BaseAddress = new Uri($"https://{host}"),
            DefaultRequestVersion = version ?? HttpVersion.Version11,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    static string Serial(SslStream stream) => stream.RemoteCertificate!.GetSerialNumberString();

    static string Serial(ServedCertificate certificate)
    {
        using var loaded = X509Certificate2.CreateFromPem(certificate.Chain);
        return loaded.SerialNumber;
    }

    [Theory]
    [InlineData("1.1")]
    [InlineData("2.0")]
    public async Task Request_OverTls_ReachesTheInstance_WhichIsToldSo(string version)
    {
        await using var backend = await Backend.Start("one", context => context.Response.WriteAsync($"{context.Request.Headers["X-Forwarded-Proto"]} {context.Request.Headers["X-Forwarded-Host"]} {context.Request.Headers["X-Forwarded-Port"]}"));
        await using var gateway = await StartTls();
        await gateway.Publish(Routes.To(backend));
        await gateway.Control.Publish(Set("1", _authority.Issue("app", "app.test")), Cancel);

        using var client = await Client(gateway, "app.test", Version.Parse(version));
        using var answer = await client.GetAsync("/", Cancel);

        answer.Version.ShouldBe(Version.Parse(version));
        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe($"https app.test {(await Https(gateway)).Port}");
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldStartWith("http app.test");
    }

    [Fact]
    public async Task Request_ThatSaysOfItselfThatItIsSecure_IsNotBelieved()
    {
        await using var backend = await Backend.Start("one", context => context.Response.WriteAsync($"{context.Request.Headers["X-Forwarded-Proto"]} {context.Request.Headers["Forwarded"]}."));
        await using var gateway = await StartTls();
        await gateway.Publish(Routes.To(backend));
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Forwarded-Proto", "https" }, { "Forwarded", "for=1.2.3.4;proto=https" } } };

        using var answer = await gateway.Client().SendAsync(request, Cancel);

        (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe("http .");
    }

    [Fact]
    public async Task WebSocket_OverTls_EchoesBothWays()
    {
        await using var backend = await Backend.Start("echo", async context =>
        {
            using var socket = await context.WebSockets.AcceptWebSocketAsync();
            var buffer = new byte[64];
            var got = await socket.ReceiveAsync(buffer.AsMemory(), Cancel);
            await socket.SendAsync(buffer.AsMemory(0, got.Count), WebSocketMessageType.Text, true, Cancel);
            await socket.ReceiveAsync(buffer.AsMemory(), Cancel);
        });
        await using var gateway = await StartTls();
        await gateway.Publish(Routes.To(backend));
        await gateway.Control.Publish(Set("1", _authority.Issue("app", "app.test")), Cancel);
        using var client = await Client(gateway, "app.test");
        using var socket = new ClientWebSocket();

        await socket.ConnectAsync(new Uri("wss://app.test/"), client, Cancel);
        await socket.SendAsync(Encoding.UTF8.GetBytes("hello"), WebSocketMessageType.Text, true, Cancel);
        var answer = new byte[64];
        var got = await socket.ReceiveAsync(answer, Cancel);

        Encoding.UTF8.GetString(answer, 0, got.Count).ShouldBe("hello");
    }

    [Fact]
    public async Task Handshake_ByName_GetsItsOwnCertificate_ExactBeforeWildcard()
    {
        var (own, wild, other) = (_authority.Issue("own", "shop.example.com"), _authority.Issue("wild", "*.example.com"), _authority.Issue("other", "else.where"));
        await using var gateway = await StartTls();
        await gateway.Control.Publish(Set("1", wild, own, other), Cancel);

        async Task<string> Of(string name)
        {
            await using var stream = await Handshake(gateway, name);
            return Serial(stream);
        }

        (await Of("shop.example.com")).ShouldBe(Serial(own));
        (await Of("SHOP.example.com")).ShouldBe(Serial(own));
        (await Of("blog.example.com")).ShouldBe(Serial(wild));
        (await Of("else.where")).ShouldBe(Serial(other));
    }

    [Theory]
    [InlineData("unknown.test")]
    [InlineData("a.b.example.com")]
    [InlineData("example.com")]
    public async Task Handshake_NoCertificateForTheName_Fails(string name)
    {
        await using var gateway = await StartTls();
        await gateway.Control.Publish(Set("1", _authority.Issue("wild", "*.example.com")), Cancel);

        var failed = await Should.ThrowAsync<Exception>(() => Handshake(gateway, name));

        (failed is IOException or AuthenticationException).ShouldBeTrue(failed.ToString());
    }

    [Fact]
    public async Task Handshake_Alpn_ServerPrefersHttp2_AndOldProtocolsAreRefused()
    {
        await using var gateway = await StartTls();
        await gateway.Control.Publish(Set("1", _authority.Issue("app", "app.test")), Cancel);

        await using (var both = await Handshake(gateway, "app.test", SslProtocols.Tls13, SslApplicationProtocol.Http11, SslApplicationProtocol.Http2))
            (both.NegotiatedApplicationProtocol, both.SslProtocol).ShouldBe((SslApplicationProtocol.Http2, SslProtocols.Tls13));
        await using (var old = await Handshake(gateway, "app.test", SslProtocols.Tls12, SslApplicationProtocol.Http11))
            (old.NegotiatedApplicationProtocol, old.SslProtocol).ShouldBe((SslApplicationProtocol.Http11, SslProtocols.Tls12));
#pragma warning disable SYSLIB0039, CA5397 // It is what must not work.
        await Should.ThrowAsync<Exception>(() => Handshake(gateway, "app.test", SslProtocols.Tls11));
#pragma warning restore SYSLIB0039, CA5397
    }

    [Fact]
    public async Task Publish_NextCertificate_NewHandshakesGetIt_AndConnectionsGoOn()
    {
        var (first, second) = (_authority.Issue("app", "app.test"), _authority.Issue("app", "app.test"));
        await using var backend = await Backend.Start("one");
        await using var gateway = await StartTls();
        await gateway.Publish(Routes.To(backend));
        await gateway.Control.Publish(Set("1", first), Cancel);
        await using var old = await Handshake(gateway, "app.test");
        (await Get(old)).ShouldContain("one");

        await gateway.Control.Publish(Set("2", second), Cancel);

        await using var next = await Handshake(gateway, "app.test");
        Serial(old).ShouldBe(Serial(first));
        Serial(next).ShouldBe(Serial(second));
        (await Get(old)).ShouldContain("one");
        (await Get(next)).ShouldContain("one");
        (await gateway.Control.Report(Cancel)).Certificates.ShouldBe("2");

        static async Task<string> Get(SslStream stream)
        {
            await stream.WriteAsync("GET / HTTP/1.1\r\nHost: app.test\r\n\r\n"u8.ToArray(), Cancel);
            var (text, buffer) = ("", new byte[4096]);
            while (!text.Contains("one", StringComparison.Ordinal))
            {
                var got = await stream.ReadAsync(buffer, Cancel);
                if (got == 0) break;
                text += Encoding.Latin1.GetString(buffer, 0, got);
            }
            return text;
        }
    }

    [Fact]
    public async Task Start_CertificatesOnDisk_ServesByThemWithoutAServer()
    {
        var (folder, certificate) = (NewFolder(), _authority.Issue("app", "app.test"));
        await using var backend = await Backend.Start("one");
        await using (var first = await StartTls(folder))
        {
            await first.Publish(Routes.To(backend));
            await first.Control.Publish(Set("7", certificate), Cancel);
        }

        await using var second = await StartTls(folder);

        using var client = await Client(second, "app.test", HttpVersion.Version20);
        (await client.GetStringAsync("/", Cancel)).ShouldBe("one");
        (await second.Control.Report(Cancel)).Certificates.ShouldBe("7");
        File.GetUnixFileMode(second.Options.CertificateFile).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    [Theory]
    [InlineData("{\"revision\":\"1\",\"certif")]
    [InlineData("null")]
    [InlineData("{\"revision\":\"1\",\"certificates\":[{\"name\":\"a\",\"hosts\":[\"app.test\"],\"chain\":\"no pem\",\"key\":\"no pem\"}]}")]
    public async Task Start_BrokenCertificates_KeepsThemAsideAndServesHttp(string content)
    {
        var folder = NewFolder();
        await File.WriteAllTextAsync(Path.Combine(folder, "certificates.json"), content, Cancel);
        await using var backend = await Backend.Start("one");

        await using var gateway = await StartTls(folder);

        await gateway.Publish(Routes.To(backend));
        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("one");
        (await File.ReadAllTextAsync(Path.Combine(folder, "certificates.json.broken"), Cancel)).ShouldBe(content);
    }

    [Fact]
    public async Task Publish_KeyOfAnotherCertificate_IsRefusedWithoutTheKey_AndChangesNothing()
    {
        var (good, other) = (_authority.Issue("app", "app.test"), _authority.Issue("other", "else.where"));
        await using var gateway = await StartTls();
        await gateway.Control.Publish(Set("1", good), Cancel);

        var refused = await Should.ThrowAsync<InvalidInputException>(() => gateway.Control.Publish(Set("2", good, good with { Name = "wrong", Key = other.Key }), Cancel));

        refused.Message.ShouldContain("'wrong'");
        refused.Message.ShouldNotContain(other.Key[40..60]);
        (await gateway.Control.Report(Cancel)).Certificates.ShouldBe("1");
        await using var stream = await Handshake(gateway, "app.test");
        Serial(stream).ShouldBe(Serial(good));
    }

    [Fact]
    public async Task Redirect_HttpGoesToHttps_WithPathQueryAndMethod()
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await StartTls();
        await gateway.Publish(Routes.To(backend) with { Https = new HttpsPolicy { Mode = HttpsMode.Redirect, Hsts = 3600 } });
        await gateway.Control.Publish(Set("1", _authority.Issue("app", "app.test")), Cancel);

        using var plain = await gateway.Client().PostAsync("/a%20b/c?d=e", new StringContent("x"), Cancel);
        using var client = await Client(gateway, "app.test");
        using var secure = await client.GetAsync("/", Cancel);

        plain.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
        plain.Headers.Location!.OriginalString.ShouldBe($"https://app.test:{(await Https(gateway)).Port}/a%20b/c?d=e");
        plain.Headers.Contains("Strict-Transport-Security").ShouldBeFalse();
        secure.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=3600"]);
        backend.Connections.ShouldBe(1);
        await gateway.IsIdle("one");
    }

    [Theory]
    [InlineData("127.0.0.1", HttpStatusCode.OK)]
    [InlineData("192.0.2.0/24", HttpStatusCode.PermanentRedirect)]
    public async Task Redirect_ProxyBeforeUsEndsTls_IsServedWhereItIsTrusted(string trusted, HttpStatusCode status)
    {
        await using var backend = await Backend.Start("v1");
        await using var gateway = await TestGateway.Start(change: o => o with { ListenHttps = ["127.0.0.1:0"], TrustedProxies = [trusted] });
        await gateway.Publish(Routes.To(backend) with { Https = new HttpsPolicy { Mode = HttpsMode.Redirect, Hsts = 3600 } });
        using var client = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/") { Headers = { { "X-Forwarded-Proto", "https" } } };

        using var answer = await client.SendAsync(request, Cancel);

        answer.StatusCode.ShouldBe(status);
        answer.Headers.Contains("Strict-Transport-Security").ShouldBe(status == HttpStatusCode.OK);
    }

    [Fact]
    public async Task Redirect_NoAddressForTls_IsServed()
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend) with { Https = new HttpsPolicy { Mode = HttpsMode.Redirect } });

        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("one");
    }

    [Theory]
    [InlineData(HttpsMode.Only, HttpStatusCode.Forbidden, HttpStatusCode.OK)]
    [InlineData(HttpsMode.Off, HttpStatusCode.OK, HttpStatusCode.MisdirectedRequest)]
    [InlineData(HttpsMode.Both, HttpStatusCode.OK, HttpStatusCode.OK)]
    public async Task Mode_SaysWhichSchemeIsServed(HttpsMode mode, HttpStatusCode http, HttpStatusCode https)
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await StartTls();
        await gateway.Publish(Routes.To(backend) with { Https = new HttpsPolicy { Mode = mode } });
        await gateway.Control.Publish(Set("1", _authority.Issue("app", "app.test")), Cancel);

        using var plain = await gateway.Client().GetAsync("/", Cancel);
        using var client = await Client(gateway, "app.test");
        using var secure = await client.GetAsync("/", Cancel);

        plain.StatusCode.ShouldBe(http);
        secure.StatusCode.ShouldBe(https);
        await gateway.IsIdle("one");
    }

    [Fact]
    public async Task Challenge_IsAnsweredForItsHostAlone_EvenWhereHttpIsRedirected()
    {
        await using var backend = await Backend.Start("one");
        await using var gateway = await StartTls();
        await gateway.Publish(Routes.To(backend) with { Https = new HttpsPolicy { Mode = HttpsMode.Redirect } });
        await gateway.Control.Publish(Set("1") with { Challenges = [new HttpChallenge("app.test", "the-token", "the-token.thumbprint")] }, Cancel);

        (await gateway.Client().GetStringAsync("/.well-known/acme-challenge/the-token", Cancel)).ShouldBe("the-token.thumbprint");
        using var otherToken = await gateway.Client().GetAsync("/.well-known/acme-challenge/another", Cancel);
        otherToken.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
        using var otherHost = await gateway.Client("else.where").GetAsync("/.well-known/acme-challenge/the-token", Cancel);
        otherHost.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }
}
