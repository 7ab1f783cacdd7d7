using System.Collections.Concurrent;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Slipway.Registry.Tests.Notifications;

/// <summary>What listens to a webhook: a real HTTP server that notes every delivery and answers as it is told.</summary>
sealed class Receiver : IAsyncDisposable
{
    readonly WebApplication _app;

    Receiver(WebApplication app) => _app = app;

    public string Url { get; private set; } = "";

    /// <summary>Every delivery, refused ones too, in the order of their coming.</summary>
    public ConcurrentQueue<Delivered> Deliveries { get; } = new();

    /// <summary>The status of the next answers.</summary>
    public int Answer { get; set; } = 200;

    public static async Task<Receiver> Start()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var receiver = new Receiver(builder.Build());
        receiver._app.MapPost("/events", receiver.Take);
        await receiver._app.StartAsync();
        receiver.Url = receiver._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First() + "/events";
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    async Task Take(HttpContext context)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body);
        var status = Answer;
        Deliveries.Enqueue(new Delivered(status, context.Request.Headers.ToDictionary(header => header.Key.ToLowerInvariant(), header => header.Value.ToString()), body.ToArray()));
        context.Response.StatusCode = status;
    }
}

sealed record Delivered(int Answer, Dictionary<string, string> Headers, byte[] Body)
{
    public IEnumerable<(string Action, string? Tag, string? Digest, string? Repository)> Events()
    {
        using var json = System.Text.Json.JsonDocument.Parse(Body);
        foreach (var one in json.RootElement.GetProperty("events").EnumerateArray())
        {
            var target = one.GetProperty("target");
            string? Text(string name) => target.TryGetProperty(name, out var value) ? value.GetString() : null;
            yield return (one.GetProperty("action").GetString()!, Text("tag"), Text("digest"), Text("repository"));
        }
    }
}
