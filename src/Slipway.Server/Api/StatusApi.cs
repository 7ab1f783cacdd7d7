using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Server.Status;

namespace Slipway.Server.Api;

static class StatusApi
{
    public static void MapStatus(this IEndpointRouteBuilder api) =>
        api.MapGet("/status", Read).WithName("GetStatus").WithTags("Server")
            .WithSummary("The server and what it stands on")
            .WithDescription("Version, uptime, data folder, engine, registry, gateway, number of apps and free space. A part that can't be reached has an error in place of its facts.");

    static async Task<Ok<ServerStatus>> Read(StatusReport report, CancellationToken cancel) => TypedResults.Ok(await report.Make(cancel));
}
