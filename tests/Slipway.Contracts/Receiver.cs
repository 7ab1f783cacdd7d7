using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Slipway.Contracts;

/// <summary>What listens to a webhook: a real HTTP server that notes every delivery and answers as it is told.</summary>
public sealed class Receiver : IAsyncDisposable
{
    readonly WebApplication _app;

    Receiver(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>Every delivery, refused ones too, in the order of their coming.</summary>
    public ConcurrentQueue<Delivered> Deliveries { get; } = new();

    /// <summary>The status of the next answers.</summary>
    public int Answer { get; set; } = 200;

    /// <summary>In place of it: the status by what came.</summary>
    public Func<Delivered, int>? Decide { get; set; }

    /// <summary>Nothing is answered before it has ended.</summary>
    public Task Gate { get; set; } = Task.CompletedTask;

    public static async Task<Receiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new Receiver(builder.Build());
        receiver._app.MapPost("/events/{**more}", receiver.Take);
        await receiver._app.StartAsync();
        receiver.Url = receiver._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/events";
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    async Task Take(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var came = new Delivered(Answer, context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()), body.ToArray());
        var status = Decide?.Invoke(came) ?? Answer;
        Deliveries.Enqueue(came with { Answer = status });
        await Gate.WaitAsync(context.RequestAborted);
        context.Response.StatusCode = status;
    }
}

/// <summary>What came, by lower-case name of the header, and what it was answered.</summary>
public sealed record Delivered(int Answer, IReadOnlyDictionary<string, string> Headers, byte[] Body);
