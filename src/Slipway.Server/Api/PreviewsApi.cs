using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Apps;
using Slipway.Server.Builds;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class PreviewsApi
{
    public static void MapPreviews(this IEndpointRouteBuilder api)
    {
        var previews = api.MapGroup("/apps/{app}/previews").WithTags("Previews");

        previews.MapGet("/", List).WithName("ListPreviews").Needs(AppActions.View).Errors(400, 403, 404)
            .WithSummary("An app's previews")
            .WithDescription("Oldest first, each as the app that it is underneath, with its branch and when it is removed in preview.");

        previews.MapPost("/", Deploy).WithName("DeployPreview").Needs(AppActions.Deploy).Errors(400, 403, 404, 409, 413, 415)
            .WithSummary("Deploy a branch as a preview")
            .WithDescription("Reads the Compose files of a folder on the server's machine and releases them beside the app, at hosts and with volumes of its own, by what the app's live release says of previews. One that is there gets the next release, and is renewed. Everything that forbids it is a 400 with every diagnostic; a name or host that is taken, or too many previews, is a 409. Follow the rollout's events.");

        previews.MapGet("/{name}", Get).WithName("GetPreview").Needs(AppActions.View).Errors(400, 403, 404)
            .WithSummary("One preview")
            .WithDescription("By its name, or by that of its branch (with / as %2F).");

        previews.MapPost("/{name}/extend", Extend).WithName("ExtendPreview").Needs(AppActions.Deploy).Errors(400, 403, 404, 409)
            .WithSummary("Let a preview last")
            .WithDescription("It is removed so long from now, be that later than before or sooner.");

        previews.MapDelete("/{name}", Remove).WithName("RemovePreview").Needs(AppActions.Deploy).Errors(400, 403, 404, 409)
            .WithSummary("Remove a preview")
            .WithDescription("With its volumes and images: what is called when a pull request closes. Answers when it is gone; a client that stops waiting does not stop the removal.");
    }

    static Ok<IReadOnlyList<AppStatus>> List(string app, Previews previews, ReleaseQueries releases) =>
        TypedResults.Ok<IReadOnlyList<AppStatus>>([.. previews.Of(releases.Require(AppName.Parse(app)).App).Select(releases.App).OfType<AppStatus>()]);

    static async Task<Accepted<Rollout>> Deploy(
        string app, PreviewRequest request, HttpContext context, AppAccess access, Rollouts rollouts, Previews previews, ReleaseQueries releases, IEngine engine, CancellationToken cancel)
    {
        var of = AppName.Parse(app);
        var source = Previews.SourceOf(of, request.Name, request.Source);
        var by = access.Asker(context, of, request.DespiteFreeze);
        TimeSpan? lasts = request.For is { } text ? Time(text) : null;
        await Neighbours.Check(Previews.AppOf(of, request.Name), releases, engine, cancel);
        // Only to find what is wrong with it: the builder reads it again, because a build may begin after the folder changed.
        await Task.Run(() => rollouts.CheckClaims(previews.Make(SourceReader.Read(of, source).Model, source).Model), cancel);
        return RolloutsApi.Accepted(await previews.Deploy(of, request.Name, source, lasts, cancel, by));
    }

    static Ok<AppStatus> Get(string app, string name, Previews previews, ReleaseQueries releases) => TypedResults.Ok(releases.Require(Find(app, name, previews, releases)));

    static async Task<Ok<AppStatus>> Extend(string app, string name, PreviewExtension request, Previews previews, ReleaseQueries releases, CancellationToken cancel)
    {
        var found = Find(app, name, previews, releases);
        await previews.Extend(AppName.Parse(app), Plain(name), Time(request.For), cancel);
        return TypedResults.Ok(releases.Require(found));
    }

    static async Task<NoContent> Remove(string app, string name, Previews previews, ReleaseQueries releases, AppRemoval removal, HttpContext context, CancellationToken cancel)
    {
        await removal.Remove(Find(app, name, previews, releases), volumes: true, context.User.Identity?.Name).WaitAsync(cancel);
        return TypedResults.NoContent();
    }

    static AppName Find(string app, string name, Previews previews, ReleaseQueries releases) => previews.Require(releases.Require(AppName.Parse(app)).App, Plain(name));

    /// <summary>A slash in a path's segment comes as it was sent.</summary>
    static string Plain(string name) => name.Replace("%2F", "/", StringComparison.OrdinalIgnoreCase);

    static TimeSpan Time(string text) => Durations.TryParse(text, out var time) ? time
        : throw new InvalidInputException(new Diagnostic { Key = "for", Message = $"'{text}' is no length of time", Found = text, Expected = Previews.ExpectedTime });
}
