using System.Net;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;

namespace Slipway.Gateway.Tests.Upstreams;

/// <summary>A real gRPC server over h2c; what is no gRPC is answered by <c>other</c>.</summary>
sealed class GrpcBackend : RunningBackend
{
    readonly WebApplication _app;

    GrpcBackend(string name, WebApplication app) : base(name) => _app = app;

    public static async Task<GrpcBackend> Start(string name, EchoGrpc.Behaviour? behaviour = null, RequestDelegate? other = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, listen => listen.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        builder.Services.AddLogging();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(behaviour ?? new EchoGrpc.Behaviour { Say = (request, _) => Task.FromResult($"{name}: {request}") });
        var app = builder.Build();
        app.UseWebSockets();
        app.UseRouting();
        app.MapGrpcService<EchoGrpc>();
        if (other is not null) app.MapFallback(other);
        var backend = new GrpcBackend(name, app);
        await app.StartAsync(TestGateway.Cancel);
        backend.Port = new Uri(app.Urls.First()).Port;
        return backend;
    }

    public override async ValueTask DisposeAsync()
    {
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }
}

static class GrpcRoutes
{
    public static UpstreamProtocol Grpc { get; } = new() { Scheme = UpstreamScheme.Grpc };

    public static Route Speaking(this Route route, UpstreamProtocol protocol) => route with { Destinations = [.. route.Destinations.Select(d => d with { Protocol = protocol })] };

    public static Route To(params RunningBackend[] backends) => Routes.To(backends).Speaking(Grpc);
}
