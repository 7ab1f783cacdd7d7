using Slipway.Releases;

namespace Slipway.Server.Metrics;

static class MetricsEndpoint
{
    /// <summary>Made at once, so that nothing that happens before the first look is missed.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        var exporter = routes.ServiceProvider.GetRequiredService<MetricsExporter>();
        // A server that only has the registry has no gateways.
        var gateways = routes.ServiceProvider.GetService<IGateways>() is { } some ? new GatewayMetrics(some) : null;
        routes.MapGet("/metrics", async (CancellationToken cancel) =>
            TypedResults.Text(exporter.Write() + (gateways is null ? "" : await gateways.Write(cancel)), MetricsExporter.ContentType))
            .Produces(200, contentType: "text/plain").WithName("GetMetrics").WithTags("Health")
            .WithSummary("Metrics for Prometheus")
            .WithDescription("Text format 0.0.4. Needs the credential, which Prometheus sends with authorization: {credentials_file: admin.token}.");
    }
}
