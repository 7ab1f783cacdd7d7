using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Apps;

namespace Slipway.Server.Api;

static class AppsApi
{
    public static void MapApps(this IEndpointRouteBuilder api)
    {
        var apps = api.MapGroup("/apps").WithTags("Apps");

        apps.MapGet("/", List).WithName("ListApps")
            .WithSummary("List the apps")
            .WithDescription("What is true of every app now, by name.");

        apps.MapGet("/{app}", Get).WithName("GetApp").Errors(400, 404)
            .WithSummary("One app")
            .WithDescription("Live release, slots, URLs, services with ready and wanted instances, the rollout that goes on or the last one, and what makes sense next.");

        apps.MapDelete("/{app}", Remove).WithName("RemoveApp").Errors(400, 404, 409)
            .WithSummary("Remove an app")
            .WithDescription("Drains and removes its instances and networks, its releases and its images in the registry, and all of its previews. volumes=true removes its named volumes too; otherwise they are kept, those of previews never. Answers when it is gone, which may take as long as its requests in flight; a client that stops waiting does not stop the removal.");

        apps.MapGet("/{app}/instances", Instances).WithName("ListInstances").Errors(400, 404, 502, 503)
            .WithSummary("List an app's instances")
            .WithDescription("Every instance that the engine has of it, running or not, by service, release and index.");
    }

    static Ok<IReadOnlyList<AppStatus>> List(ReleaseQueries releases) => TypedResults.Ok(releases.Apps());

    static Ok<AppStatus> Get(string app, ReleaseQueries releases) => TypedResults.Ok(releases.Require(AppName.Parse(app)));

    static async Task<NoContent> Remove(string app, AppRemoval removal, CancellationToken cancel, bool volumes = false)
    {
        await removal.Remove(AppName.Parse(app), volumes).WaitAsync(cancel);
        return TypedResults.NoContent();
    }

    static async Task<Ok<IReadOnlyList<Instance>>> Instances(string app, ReleaseQueries releases, IEngine engine, CancellationToken cancel)
    {
        var name = releases.Require(AppName.Parse(app)).App;
        var instances = await engine.Observe(name, cancel);
        return TypedResults.Ok<IReadOnlyList<Instance>>(
            [.. instances.OrderBy(i => i.Service, StringComparer.Ordinal).ThenBy(i => i.Release).ThenBy(i => i.Index)]);
    }
}
