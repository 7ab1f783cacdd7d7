using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Storage.S3;

namespace Slipway.Registry.Tests.Storage.S3;

/// <summary>Stands on the loopback for a service that can't be had here, whatever its name: keeps what comes, and gives the answers that the service's reference tells.</summary>
sealed class S3Recorder : IAsyncDisposable
{
    readonly WebApplication _app;
    readonly ConcurrentQueue<ProxiedRequest> _requests = new();
    readonly Func<ProxiedRequest, (int Status, string Body)?> _answer;

    S3Recorder(WebApplication app, Func<ProxiedRequest, (int Status, string Body)?> answer) => (_app, _answer) = (app, answer);

    public IReadOnlyCollection<ProxiedRequest> Requests => _requests;

    /// <param name="answer">Null where the usual answer is given.</param>
    public static async Task<S3Recorder> Start(Func<ProxiedRequest, (int Status, string Body)?>? answer = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var recorder = new S3Recorder(app, answer ?? (_ => null));
        app.Run(recorder.Handle);
        await app.StartAsync();
        return recorder;
    }

    /// <summary>The options, with every connection coming here.</summary>
    public S3Options Here(S3Options options)
    {
        var port = new Uri(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return options with
        {
            RetryDelay = TimeSpan.FromMilliseconds(1),
            Handler = handler => handler.ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
    }

    async Task Handle(HttpContext context)
    {
        var request = new ProxiedRequest(
            context.Request.Method, context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget,
            context.Request.Headers.ToDictionary(header => header.Key, header => header.Value.ToString(), StringComparer.OrdinalIgnoreCase));
        _requests.Enqueue(request);
        await context.Request.Body.CopyToAsync(Stream.Null);
        var (status, body) = _answer(request) ?? Usual(request);
        context.Response.StatusCode = status;
        if (request.Method is "PUT" or "HEAD") context.Response.Headers.ETag = "\"d41d8cd98f00b204e9800998ecf8427e\"";
        if (body.Length > 0) await context.Response.WriteAsync(body);
    }

    static (int Status, string Body) Usual(ProxiedRequest request) => (request.Method, request.Target) switch
    {
        ("POST", var target) when target.EndsWith("?uploads", StringComparison.Ordinal) => (200, "<InitiateMultipartUploadResult><UploadId>U1</UploadId></InitiateMultipartUploadResult>"),
        ("POST", _) => (200, "<CompleteMultipartUploadResult><ETag>\"e-1\"</ETag></CompleteMultipartUploadResult>"),
        ("PUT", _) => (200, ""),
        ("DELETE", _) => (204, ""),
        ("GET", var target) when target.Contains("prefix=", StringComparison.Ordinal) => (200, "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"),
        _ => (404, "<Error><Code>NoSuchKey</Code></Error>"),
    };
}
