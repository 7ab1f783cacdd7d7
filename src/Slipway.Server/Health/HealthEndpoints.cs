using Slipway.Server.Api;

namespace Slipway.Server.Health;

/// <summary>For watchers and load balancers: the only answers that need no credential, so they tell no details.</summary>
static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/healthz", () => TypedResults.Text("ok\n"))
            .AllowAnonymous().WithName("GetHealth").WithTags("Health")
            .WithSummary("Does the process live")
            .WithDescription("Answers 200 as long as the process can answer at all. Needs no credential.");

        routes.MapGet("/readyz", async (ReadinessChecks checks, HttpContext context) =>
            {
                var readiness = await checks.Check(context.RequestAborted);
                return TypedResults.Json(readiness, ApiJson.Default.Readiness, statusCode: readiness.Ready ? 200 : 503);
            })
            .AllowAnonymous().WithName("GetReadiness").WithTags("Health")
            .WithSummary("Can the server work")
            .WithDescription("Checks database, blob store and engine. 503 when a check that is required fails; without an engine the server still answers, so that check is not. Needs no credential.")
            .Produces<Readiness>(200).Produces<Readiness>(503);
    }
}
