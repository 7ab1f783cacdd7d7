using Slipway.Server.Gateways;

namespace Slipway.Server.Metrics;

static class MetricsEndpoint
{
    /// <summary>Made at once, so that nothing that happens before the first look is missed.</summary>
    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        var exporter = routes.ServiceProvider.GetRequiredService<MetricsExporter>();
        var gateways = routes.ServiceProvider.GetRequiredService<GatewayMetrics>();
        routes.MapGet("/metrics", async (CancellationToken cancel) =>
            {
                await gateways.Refresh(cancel);
                return TypedResults.Text(exporter.Write(), MetricsExporter.ContentType);
            })
            .Produces(200, contentType: "text/plain").WithName("GetMetrics").WithTags("Health")
            .WithSummary("Metrics for Prometheus")
            .WithDescription("Text format 0.0.4. Needs the credential, which Prometheus sends with authorization: {credentials_file: admin.token}.");
    }
}
