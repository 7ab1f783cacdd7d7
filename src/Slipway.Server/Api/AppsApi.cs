using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Apps;
using Slipway.Server.Auth;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class AppsApi
{
    public static void MapApps(this IEndpointRouteBuilder api)
    {
        var apps = api.MapGroup("/apps").WithTags("Apps");

        apps.MapGet("/", List).WithName("ListApps").RequireAuthorization(Credentials.AnyAccount)
            .WithSummary("List the apps")
            .WithDescription("What is true of every app now that the account may see, by name.");

        apps.MapGet("/{app}", Get).WithName("GetApp").Needs(AppActions.View).Errors(400, 403, 404)
            .WithSummary("One app")
            .WithDescription("Live release, slots, URLs, services with ready and wanted instances, the rollout that goes on or the last one, and what makes sense next.");

        apps.MapDelete("/{app}", Remove).WithName("RemoveApp").Needs(AppActions.Manage).Errors(400, 403, 404, 409)
            .WithSummary("Remove an app")
            .WithDescription("Drains and removes its instances and networks, its releases and its images in the registry, and all of its previews. volumes=true removes its named volumes too; otherwise they are kept, those of previews never. Answers when it is gone, which may take as long as its requests in flight; a client that stops waiting does not stop the removal.");

        apps.MapGet("/{app}/instances", Instances).WithName("ListInstances").Needs(AppActions.View).Errors(400, 403, 404, 502, 503)
            .WithSummary("List an app's instances")
            .WithDescription("Every instance that the engine has of it, running or not, by service, release and index. Files that the gateway serves itself are among them, with site in place of addresses.");
    }

    static Ok<IReadOnlyList<AppStatus>> List(ReleaseQueries releases, AppAccess access, HttpContext context) =>
        TypedResults.Ok<IReadOnlyList<AppStatus>>([.. releases.Apps().Where(app => access.May(context, app.App, AppActions.View))]);

    static Ok<AppStatus> Get(string app, ReleaseQueries releases) => TypedResults.Ok(releases.Require(AppName.Parse(app)));

    static async Task<NoContent> Remove(string app, AppRemoval removal, HttpContext context, CancellationToken cancel, bool volumes = false)
    {
        await removal.Remove(AppName.Parse(app), volumes, context.User.Identity?.Name).WaitAsync(cancel);
        return TypedResults.NoContent();
    }

    static async Task<Ok<IReadOnlyList<Instance>>> Instances(string app, ReleaseQueries releases, IEngine engine, CancellationToken cancel)
    {
        var name = releases.Require(AppName.Parse(app)).App;
        var instances = await engine.Observe(name, cancel);
        return TypedResults.Ok<IReadOnlyList<Instance>>(
            [.. instances.Concat(releases.Sites(name)).OrderBy(i => i.Service, StringComparer.Ordinal).ThenBy(i => i.Release).ThenBy(i => i.Index)]);
    }
}
