using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Slipway.Model;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>Probes of instances that speak HTTP/2 or TLS, against a real server.</summary>
public sealed class ProtocolProbeTests : IAsyncDisposable
{
    static readonly UpstreamProtocol Grpc = new() { Scheme = UpstreamScheme.Grpc };

    readonly NetworkProbe _probe = new();
    readonly CancellationToken _cancel = TestContext.Current.CancellationToken;
    WebApplication? _app;

    public async ValueTask DisposeAsync()
    {
        _probe.Dispose();
        if (_app is not null) await _app.DisposeAsync();
    }

    [Theory]
    [InlineData(1, "0", true)]
    [InlineData(2, "0", false)]
    [InlineData(1, "5", false)]
    public async Task Grpc_ByServingStatus_Passes(byte serving, string status, bool passes)
    {
        string? asked = null;
        var port = await Start(HttpProtocols.Http2, null, async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            asked = $"{context.Request.Protocol} {context.Request.Path} {context.Request.ContentType} {context.Request.Headers.TE} {Convert.ToHexStringLower(body.ToArray())}";
            context.Response.ContentType = "application/grpc";
            await context.Response.Body.WriteAsync(new byte[] { 0, 0, 0, 0, 2, 8, serving });
            context.Features.Get<IHttpResponseTrailersFeature>()!.Trailers["grpc-status"] = status;
        });

        (await _probe.Check(Target(port) with { Grpc = "a.B", Protocol = Grpc }, _cancel)).ShouldBe(passes);

        // Message of 5 bytes: field 1, length 3, the name.
        asked.ShouldBe("HTTP/2 /grpc.health.v1.Health/Check application/grpc trailers 00000000050a03612e42");
    }

    [Fact]
    public async Task Http_OverHttp2_Passes()
    {
        var port = await Start(HttpProtocols.Http2, null, context => context.Response.WriteAsync(context.Request.Protocol));

        (await _probe.Check(Target(port) with { Http = "/up", Protocol = Grpc }, _cancel)).ShouldBeTrue();
        (await _probe.Check(Target(port) with { Http = "/up" }, _cancel)).ShouldBeFalse();
    }

    [Fact]
    public async Task Tls_CertificateThatIsNotBelieved_FailsEvenWhereAConnectionIsEnough()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=web", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("web");
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        var port = await Start(HttpProtocols.Http1AndHttp2, certificate, context => context.Response.WriteAsync("ok"));
        var trusting = new UpstreamProtocol { Scheme = UpstreamScheme.Https, Trust = UpstreamTrust.Authorities, Authorities = certificate.ExportCertificatePem(), ServerName = "web" };

        (await _probe.Check(Target(port) with { Protocol = trusting }, _cancel)).ShouldBeTrue();
        (await _probe.Check(Target(port) with { Protocol = trusting, Http = "/up" }, _cancel)).ShouldBeTrue();
        (await _probe.Check(Target(port) with { Protocol = trusting with { ServerName = "other" } }, _cancel)).ShouldBeFalse();
        (await _probe.Check(Target(port) with { Protocol = trusting with { Trust = UpstreamTrust.System } }, _cancel)).ShouldBeFalse();
        (await _probe.Check(Target(port) with { Protocol = trusting with { Trust = UpstreamTrust.None, ServerName = "other" } }, _cancel)).ShouldBeTrue();
    }

    static ProbeTarget Target(int port) => new("c1", null, "127.0.0.1", port, null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(20), 1);

    async Task<int> Start(HttpProtocols protocols, X509Certificate2? certificate, RequestDelegate answer)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
        {
            listen.Protocols = protocols;
            if (certificate is not null) listen.UseHttps(certificate);
        }));
        _app = builder.Build();
        _app.Run(answer);
        await _app.StartAsync(_cancel);
        return new Uri(_app.Urls.First()).Port;
    }
}
