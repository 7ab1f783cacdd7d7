using System.Collections.Concurrent;
using System.Net;
using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;
using Slipway.Model;
using static Slipway.Gateway.Tests.TestGateway;

namespace Slipway.Gateway.Tests.Upstreams;

public sealed class TlsUpstreamTests
{
    static readonly X509Certificate2 Root = Authority();

    [Theory]
    [InlineData(HttpProtocols.Http1AndHttp2, "HTTP/2")]
    [InlineData(HttpProtocols.Http1, "HTTP/1.1")]
    public async Task Https_TrustedAuthority_IsSpokenAsTheInstanceChooses(HttpProtocols protocols, string spoken)
    {
        await using var backend = await TlsBackend.Start(Issue("web", 1), protocols, async context =>
        {
            using var reader = new StreamReader(context.Request.Body);
            await context.Response.WriteAsync($"{context.Request.Protocol} {context.Request.Scheme} {context.Request.Host} {await reader.ReadToEndAsync()}");
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend).Speaking(Trusting("web")));

        foreach (var version in new[] { HttpVersion.Version11, HttpVersion.Version20 })
        {
            using var client = gateway.Client(version: version);
            (await client.GetStringAsync("/", Cancel)).ShouldBe($"{spoken} https app.test ");
            using var answer = await client.PostAsync("/", new StringContent(new string('x', 200_000)), Cancel);
            (await answer.Content.ReadAsStringAsync(Cancel)).ShouldBe($"{spoken} https app.test {new string('x', 200_000)}");
        }
    }

    [Theory]
    [InlineData("other", 1, "its certificate is for 'other', not for 'web'")]
    [InlineData("web", -1, "its certificate has expired on ")]
    public async Task Https_WrongCertificate_Is502AndTheLogSaysWhy(string name, int days, string reason)
    {
        await using var backend = await TlsBackend.Start(Issue(name, days), HttpProtocols.Http1AndHttp2, context => context.Response.WriteAsync("never"));
        using var logs = new ListLogs();
        await using var gateway = await Start(logs: logs);
        await gateway.Publish(Routes.To(backend).Speaking(Trusting("web")));

        using var answer = await gateway.Client().GetAsync("/", Cancel);
        using var again = await gateway.Client().GetAsync("/", Cancel);

        (answer.StatusCode, again.StatusCode).ShouldBe((HttpStatusCode.BadGateway, HttpStatusCode.BadGateway));
        answer.Headers.GetValues("X-Slipway-Error").ShouldBe(["tls"]);
        var line = logs.Lines.Where(l => l.StartsWith("No TLS with", StringComparison.Ordinal)).ShouldHaveSingleItem();
        line.ShouldContain($"shop/web v1, instance tls at 127.0.0.1:{backend.Port}: {reason}");
    }

    [Fact]
    public async Task Https_UnknownAuthority_IsRefusedAndTakenWhereNobodyLooks()
    {
        await using var backend = await TlsBackend.Start(Issue("other", -1), HttpProtocols.Http1AndHttp2, context => context.Response.WriteAsync("hello"));
        using var logs = new ListLogs();
        await using var gateway = await Start(logs: logs);
        await gateway.Publish(Routes.To(backend).Speaking(new UpstreamProtocol { Scheme = UpstreamScheme.Https, ServerName = "other" }));
        using (var answer = await gateway.Client().GetAsync("/", Cancel)) answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);

        await gateway.Publish(Routes.To(backend).Speaking(new UpstreamProtocol { Scheme = UpstreamScheme.Https, Trust = UpstreamTrust.None, ServerName = "web" }));

        (await gateway.Client().GetStringAsync("/", Cancel)).ShouldBe("hello");
    }

    [Fact]
    public async Task Grpcs_InstanceWithoutHttp2_Is502()
    {
        await using var backend = await TlsBackend.Start(Issue("web", 1), HttpProtocols.Http1, context => context.Response.WriteAsync("never"));
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend).Speaking(Trusting("web") with { Scheme = UpstreamScheme.Grpcs }));

        using var answer = await gateway.Client().GetAsync("/", Cancel);

        answer.StatusCode.ShouldBe(HttpStatusCode.BadGateway);
    }

    [Fact]
    public async Task WebSocket_ToAnInstanceWithTls_Works()
    {
        await using var backend = await TlsBackend.Start(Issue("web", 1), HttpProtocols.Http1AndHttp2, async context =>
        {
            using var accepted = await context.WebSockets.AcceptWebSocketAsync();
            await accepted.SendAsync(Encoding.ASCII.GetBytes(context.Request.Protocol), WebSocketMessageType.Text, true, default);
            await accepted.CloseAsync(WebSocketCloseStatus.NormalClosure, null, default);
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To("127.0.0.1", backend).Speaking(Trusting("web")));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://{gateway.Address}/"), Cancel);

        var buffer = new byte[100];
        var message = await socket.ReceiveAsync(buffer, Cancel);

        Encoding.ASCII.GetString(buffer, 0, message.Count).ShouldBe("HTTP/1.1");
        (await socket.ReceiveAsync(buffer, Cancel)).MessageType.ShouldBe(WebSocketMessageType.Close);
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, null, Cancel);
        await Eventually.Holds(async () => await gateway.Instance("tls") is { InFlight: 0, Upgraded: 0 });
    }

    [Fact]
    public async Task Policies_OfARoute_HoldAsWithHttp()
    {
        await using var backend = await TlsBackend.Start(Issue("web", 1), HttpProtocols.Http1AndHttp2, async context =>
        {
            context.Response.ContentType = "text/plain";
            context.Response.Headers["X-Gone"] = "1";
            context.Response.Headers["X-Path"] = context.Request.Path.Value;
            context.Response.Headers["X-Env"] = context.Request.Headers["X-Env"];
            await context.Response.WriteAsync(new string('z', 100_000));
        });
        await using var gateway = await Start();
        await gateway.Publish(Routes.To(backend).Speaking(Trusting("web")) with
        {
            Path = "/api",
            Policy = new RoutePolicy
            {
                Rewrite = new PathRewrite("/api", ""),
                Compress = true,
                RequestHeaders = new HeaderChanges { Set = new Dictionary<string, string> { ["X-Env"] = "prod" } },
                ResponseHeaders = new HeaderChanges { Remove = ["X-Gone"] },
            },
        });
        using var client = gateway.Client();
        client.DefaultRequestHeaders.Add("Accept-Encoding", "gzip");

        using var answer = await client.GetAsync("/api/x", Cancel);

        answer.Headers.GetValues("X-Path").ShouldBe(["/x"]);
        answer.Headers.GetValues("X-Env").ShouldBe(["prod"]);
        answer.Headers.Contains("X-Gone").ShouldBeFalse();
        answer.Content.Headers.ContentEncoding.ShouldBe(["gzip"]);
        await using var plain = new System.IO.Compression.GZipStream(await answer.Content.ReadAsStreamAsync(Cancel), System.IO.Compression.CompressionMode.Decompress);
        using var reader = new StreamReader(plain);
        (await reader.ReadToEndAsync(Cancel)).ShouldBe(new string('z', 100_000));
    }

    static UpstreamProtocol Trusting(string name) => new() { Scheme = UpstreamScheme.Https, Trust = UpstreamTrust.Authorities, Authorities = Root.ExportCertificatePem(), ServerName = name };

    static X509Certificate2 Authority()
    {
        var request = new CertificateRequest("CN=Inside", ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        return request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-10), DateTimeOffset.UtcNow.AddDays(10));
    }

    /// <param name="days">Until it expires; below 0: since when it has.</param>
    static X509Certificate2 Issue(string name, int days)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={name}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(Root, DateTimeOffset.UtcNow.AddDays(-5), DateTimeOffset.UtcNow.AddDays(days), RandomNumberGenerator.GetBytes(16));
        return leaf.CopyWithPrivateKey(key);
    }

    sealed class TlsBackend(WebApplication app) : RunningBackend("tls")
    {
        public static async Task<TlsBackend> Start(X509Certificate2 certificate, HttpProtocols protocols, RequestDelegate answer)
        {
            var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
            builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen =>
            {
                listen.Protocols = protocols;
                listen.UseHttps(certificate);
            }));
            var app = builder.Build();
            app.UseWebSockets();
            app.Run(answer);
            await app.StartAsync(Cancel);
            return new TlsBackend(app) { Port = new Uri(app.Urls.First()).Port };
        }

        public override async ValueTask DisposeAsync()
        {
            using var atOnce = new CancellationTokenSource();
            await atOnce.CancelAsync();
            await app.StopAsync(atOnce.Token);
            await app.DisposeAsync();
        }
    }

    sealed class ListLogs : ILoggerFactory, ILogger
    {
        readonly ConcurrentQueue<string> _lines = [];

        public IReadOnlyCollection<string> Lines => _lines;

        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider)
        {
        }

        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => _lines.Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
