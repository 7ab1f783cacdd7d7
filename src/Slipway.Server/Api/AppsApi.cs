using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;

namespace Slipway.Server.Api;

static class AppsApi
{
    public static void MapApps(this IEndpointRouteBuilder api)
    {
        var apps = api.MapGroup("/apps").WithTags("Apps");

        apps.MapGet("/", List).WithName("ListApps").Errors(503)
            .WithSummary("List the apps")
            .WithDescription("What is true of every app now, by name.");

        apps.MapGet("/{app}", Get).WithName("GetApp").Errors(400, 404, 503)
            .WithSummary("One app")
            .WithDescription("Live release, slots, URLs, services with ready and wanted instances, the rollout that goes on or the last one, and what makes sense next.");

        apps.MapDelete("/{app}", Remove).WithName("RemoveApp").Errors(400, 404, 409)
            .WithSummary("Remove an app")
            .WithDescription("Drains and removes its instances and networks, its releases and its images in the registry. volumes=true removes its named volumes too; otherwise they are kept.");

        apps.MapGet("/{app}/instances", Instances).WithName("ListInstances").Errors(400, 404, 502, 503)
            .WithSummary("List an app's instances")
            .WithDescription("Every instance that the engine has of it, running or not, by service, release and index.");
    }

    static async Task<Ok<IReadOnlyList<AppStatus>>> List(AppQueries apps, CancellationToken cancel) => TypedResults.Ok(await apps.All(cancel));

    static async Task<Ok<AppStatus>> Get(string app, AppQueries apps, CancellationToken cancel) => TypedResults.Ok(await apps.Get(AppName.Parse(app), cancel));

    static async Task<Accepted> Remove(string app, Rollouts rollouts, CancellationToken cancel, bool volumes = false)
    {
        await rollouts.Remove(AppName.Parse(app), volumes, cancel);
        return TypedResults.Accepted((string?)null);
    }

    static async Task<Ok<IReadOnlyList<Instance>>> Instances(string app, AppQueries apps, IEngine engine, CancellationToken cancel)
    {
        var name = AppName.Parse(app);
        apps.Require(name);
        var instances = await engine.Observe(name, cancel);
        return TypedResults.Ok<IReadOnlyList<Instance>>(
            [.. instances.OrderBy(i => i.Service, StringComparer.Ordinal).ThenBy(i => i.Release).ThenBy(i => i.Index)]);
    }
}
