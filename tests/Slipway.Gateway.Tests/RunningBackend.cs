using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;

namespace Slipway.Gateway.Tests;

/// <summary>Something that listens on a loopback port and has a name, so that a route can point to it.</summary>
abstract class RunningBackend(string name) : IAsyncDisposable
{
    public string Name { get; } = name;

    public int Port { get; protected set; }

    public abstract ValueTask DisposeAsync();
}

/// <summary>A real HTTP server. By default it answers with its name.</summary>
sealed class Backend : RunningBackend
{
    readonly WebApplication _app;
    int _connections;

    Backend(string name, WebApplication app) : base(name) => _app = app;

    /// <summary>Connections that were accepted so far.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public static async Task<Backend> Start(string name, RequestDelegate? answer = null, int port = 0)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        Backend? backend = null;
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, port, listen =>
            {
                listen.Protocols = HttpProtocols.Http1;
                listen.Use(next => connection =>
                {
                    Interlocked.Increment(ref backend!._connections);
                    return next(connection);
                });
            });
        });
        var app = builder.Build();
        app.UseWebSockets();
        app.Run(answer ?? (context => context.Response.WriteAsync(name)));
        backend = new Backend(name, app);
        await app.StartAsync(TestGateway.Cancel);
        backend.Port = new Uri(app.Urls.First()).Port;
        return backend;
    }

    /// <summary>As a good server ends: what it has begun is answered, what is idle is closed.</summary>
    public async Task Stop()
    {
        await _app.StopAsync(TestGateway.Cancel);
        await _app.DisposeAsync();
    }

    public override async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }
}
