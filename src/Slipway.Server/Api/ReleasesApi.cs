using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Apps;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class ReleasesApi
{
    public static void MapReleases(this IEndpointRouteBuilder api)
    {
        var releases = api.MapGroup("/apps/{app}/releases").WithTags("Releases");

        releases.MapGet("/", List).WithName("ListReleases").Needs(AppActions.View).Errors(400, 403, 404)
            .WithSummary("An app's releases")
            .WithDescription("Newest first, each with its standing: live, staged, warm or cold.");

        releases.MapGet("/{number:int}", Get).WithName("GetRelease").Needs(AppActions.Deploy).Errors(400, 403, 404)
            .WithSummary("One release whole")
            .WithDescription("The resolved Compose model, environment and all, and the digest of every image.");

        releases.MapGet("/{number:int}/report", Report).WithName("GetReleaseReport").Needs(AppActions.View).Errors(400, 403, 404)
            .WithSummary("What happened to a release")
            .WithDescription("The rollouts that brought it in: who asked and when, why each ended; of a canary its steps with their durations, and every window that the judge looked at.");
    }

    static Ok<IReadOnlyList<ReleaseStatus>> List(string app, ReleaseQueries releases) =>
        TypedResults.Ok(releases.Releases(releases.Require(AppName.Parse(app)).App));

    static Ok<ReleaseReport> Report(string app, int number, ReleaseQueries releases, CanaryQueries canaries)
    {
        var name = releases.Require(AppName.Parse(app)).App;
        return TypedResults.Ok(canaries.Report(name, releases.RequireRelease(name, number).Number)!);
    }

    static Ok<Release> Get(string app, int number, ReleaseQueries releases) =>
        TypedResults.Ok(releases.RequireRelease(releases.Require(AppName.Parse(app)).App, number));
}
