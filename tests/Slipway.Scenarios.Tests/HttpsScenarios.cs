using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Scenarios.Tests;

/// <summary>An app over https, as people set it up.</summary>
public sealed class HttpsScenarios(SlipwayProcess slipway)
{
    [Fact]
    public async Task App_OverHttps_WithTheOwnAuthority_ThenAGivenCertificate_WhileEverythingIsReplaced()
    {
        using var app = new TestApp("rolling");
        app.Compose = (await File.ReadAllTextAsync(Path.Combine(app.Folder, "compose.yaml"))).Replace("strategy: rolling", "strategy: rolling\n      https: redirect\n      hsts: 1h", StringComparison.Ordinal);
        await slipway.Deployed(app);
        var shown = await slipway.Do("ca", "show");
        shown.Errors.ShouldContain("update-ca-certificates");
        using var root = X509Certificate2.CreateFromPem(shown.Output);
        using var secure = Secure(app, root);
        await SlipwayProcess.Until(async () => await secure.GetStringAsync("version") == "1", "the app over https");

        using var plain = new HttpClient(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false, ConnectCallback = (_, cancel) => Connect(slipway.Gateway, cancel) });
        using var redirected = await plain.GetAsync(new Uri($"http://{app.Host}/version?a=b"));
        redirected.StatusCode.ShouldBe(HttpStatusCode.PermanentRedirect);
        redirected.Headers.Location!.OriginalString.ShouldBe($"https://{app.Host}:{IPEndPoint.Parse(slipway.GatewayHttps).Port}/version?a=b");
        (await slipway.Do("apps")).Output.ShouldContain($"https://{app.Host}:{IPEndPoint.Parse(slipway.GatewayHttps).Port}/");
        using (var answer = await secure.GetAsync("version")) answer.Headers.GetValues("Strict-Transport-Security").ShouldBe(["max-age=3600"]);

        // Another certificate and another version under way, on connections that stand.
        var (chain, key) = Certificate(app.Host);
        await File.WriteAllTextAsync(Path.Combine(app.Folder, "chain.pem"), chain);
        await File.WriteAllTextAsync(Path.Combine(app.Folder, "key.pem"), key);
        using var stop = new CancellationTokenSource();
        var visits = Visit(secure, stop.Token);
        await slipway.Do("certificate", "add", "--cert", Path.Combine(app.Folder, "chain.pem"), "--key", Path.Combine(app.Folder, "key.pem"));
        await slipway.Deployed(app.Become("2"));
        await SlipwayProcess.Until(async () => await secure.GetStringAsync("version") == "2", "version 2 over https");
        await stop.CancelAsync();
        (await visits).ShouldBeGreaterThan(0);
        using var given = X509Certificate2.CreateFromPem(chain);
        using (var next = Secure(app, given)) (await next.GetStringAsync("version")).ShouldBe("2");
        (await slipway.Do("certificate", "ls")).Output.ShouldContain("given");

        // The next gateway serves by what is on its disk.
        slipway.Kill("gateway");
        using (var after = Secure(app, given)) await SlipwayProcess.Until(async () => await after.GetStringAsync("version") == "2", "https after the gateway was killed");
        await slipway.Do("certificate", "rm", app.Host);
        using (var own = Secure(app, root)) await SlipwayProcess.Until(async () => await own.GetStringAsync("version") == "2", "the own certificate again");
    }

    /// <summary>Trusts that root alone.</summary>
    HttpClient Secure(TestApp app, X509Certificate2 root)
    {
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.Add(root);
        return new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = policy },
            ConnectCallback = (_, cancel) => Connect(slipway.GatewayHttps, cancel),
        })
        {
            BaseAddress = new Uri($"https://{app.Host}/"),
            DefaultRequestVersion = HttpVersion.Version20,
            DefaultVersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
    }

    static async ValueTask<Stream> Connect(string address, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPEndPoint.Parse(address), cancel);
        return new NetworkStream(socket, ownsSocket: true);
    }

    /// <summary>How many were answered; one that fails ends it.</summary>
    static async Task<int> Visit(HttpClient client, CancellationToken stop)
    {
        var count = 0;
        for (; !stop.IsCancellationRequested; count++) (await client.GetStringAsync("version", CancellationToken.None)).ShouldBeOneOf("1", "2");
        return count;
    }

    static (string Chain, string Key) Certificate(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var made = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(60));
        return (made.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n");
    }
}
