using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Apps;

namespace Slipway.Server.Api;

static class ReleasesApi
{
    public static void MapReleases(this IEndpointRouteBuilder api)
    {
        var releases = api.MapGroup("/apps/{app}/releases").WithTags("Releases");

        releases.MapGet("/", List).WithName("ListReleases").Errors(400, 404)
            .WithSummary("An app's releases")
            .WithDescription("Newest first, each with its standing: live, staged, warm or cold.");

        releases.MapGet("/{number:int}", Get).WithName("GetRelease").Errors(400, 404)
            .WithSummary("One release whole")
            .WithDescription("The resolved Compose model, environment and all, and the digest of every image.");
    }

    static Ok<IReadOnlyList<ReleaseStatus>> List(string app, ReleaseQueries releases) =>
        TypedResults.Ok(releases.Releases(releases.Require(AppName.Parse(app)).App));

    static Ok<Release> Get(string app, int number, ReleaseQueries releases) =>
        TypedResults.Ok(releases.RequireRelease(releases.Require(AppName.Parse(app)).App, number));
}
