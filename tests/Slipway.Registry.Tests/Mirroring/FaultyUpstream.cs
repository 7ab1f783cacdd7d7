using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Slipway.Registry.Tests.Mirroring;

/// <summary>Stands before a registry on loopback, counts what is asked of it, and misbehaves as a test says.</summary>
public sealed class FaultyUpstream : IAsyncDisposable
{
    readonly HttpClient _real;
    WebApplication _app = null!;

    FaultyUpstream(HttpClient real) => _real = real;

    public string Url { get; private set; } = "";

    /// <summary>"GET /v2/a/b/manifests/v1", in the order in which they came.</summary>
    public ConcurrentQueue<string> Requests { get; } = new();

    /// <summary>Answers a request in place of the registry, or returns false to let it through.</summary>
    public Func<HttpContext, Task<bool>> Fault { get; set; } = _ => Task.FromResult(false);

    /// <summary>Wraps what the registry answers to a GET.</summary>
    public Func<HttpContext, byte[], Task>? Body { get; set; }

    public int Count(string method, string part) => Requests.Count(request => request.StartsWith(method + " ", StringComparison.Ordinal) && request.Contains(part, StringComparison.Ordinal));

    public static async Task<FaultyUpstream> Before(HttpClient real)
    {
        var upstream = new FaultyUpstream(real);
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel =>
        {
            kestrel.Listen(IPAddress.Loopback, 0);
            kestrel.Limits.MaxRequestBodySize = null;
        });
        upstream._app = builder.Build();
        upstream._app.Run(upstream.Answer);
        await upstream._app.StartAsync();
        upstream.Url = upstream._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return upstream;
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(true));
        await _app.DisposeAsync();
    }

    async Task Answer(HttpContext context)
    {
        var target = context.Features.GetRequiredFeature<IHttpRequestFeature>().RawTarget;
        Requests.Enqueue($"{context.Request.Method} {target}");
        if (await Fault(context)) return;
        using var request = new HttpRequestMessage(new HttpMethod(context.Request.Method), target);
        if (context.Request.ContentLength > 0 || context.Request.Headers.TransferEncoding.Count > 0 || context.Request.Method is "POST" or "PUT" or "PATCH") request.Content = new StreamContent(context.Request.Body);
        foreach (var (name, values) in context.Request.Headers)
            if (name is not ("Host" or "Transfer-Encoding") && !request.Headers.TryAddWithoutValidation(name, values.ToArray())) request.Content?.Headers.TryAddWithoutValidation(name, values.ToArray());
        using var answer = await _real.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, context.RequestAborted);
        context.Response.StatusCode = (int)answer.StatusCode;
        foreach (var (name, values) in answer.Headers.Concat(answer.Content.Headers))
            if (name is not ("Transfer-Encoding" or "Date" or "Server")) context.Response.Headers[name] = values.ToArray();
        if (HttpMethods.IsHead(context.Request.Method)) return;
        if (Body is { } body && HttpMethods.IsGet(context.Request.Method) && answer.IsSuccessStatusCode) await body(context, await answer.Content.ReadAsByteArrayAsync());
        else await answer.Content.CopyToAsync(context.Response.Body);
    }
}
