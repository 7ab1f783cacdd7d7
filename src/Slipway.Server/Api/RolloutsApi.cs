using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Apps;
using Slipway.Server.Builds;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class RolloutsApi
{
    public static void MapRollouts(this IEndpointRouteBuilder api)
    {
        var ofApp = api.MapGroup("/apps/{app}").WithTags("Rollouts");

        ofApp.MapPost("/rollouts", Deploy).WithName("Deploy").Needs(AppActions.Deploy).Errors(400, 403, 409, 413, 415)
            .WithSummary("Deploy a folder")
            .WithDescription("Reads the Compose files of a folder on the server's machine (what is wrong with them is a 400 with every diagnostic; a host or port that another app or program has is a 409 that names it; nothing is stored then), then builds, ships and releases. Follow its events.");

        ofApp.MapGet("/rollouts", List).WithName("ListRollouts").Needs(AppActions.View).Errors(400, 403, 404)
            .WithSummary("List an app's rollouts")
            .WithDescription("Newest first.");

        ofApp.MapPost("/promote", Promote).WithName("Promote").Needs(AppActions.Approve).Errors(400, 403, 404, 409)
            .WithSummary("Give the staged release the traffic, or let a canary go on")
            .WithDescription("Of a blue-green rollout that is holding: all of it at once; the release that was live stays warm. Of a canary: to its next step at once, past an approval; or to the step named by toStep, from 1.");

        ofApp.MapPost("/pause", Pause).WithName("Pause").Needs(AppActions.Deploy).Errors(400, 403, 404, 409)
            .WithSummary("Stop a canary's time")
            .WithDescription("The requests stay shared as they are, and the judge goes on looking: a release that it fails is rolled back while paused, too.");

        ofApp.MapPost("/resume", Resume).WithName("Resume").Needs(AppActions.Deploy).Errors(400, 403, 404, 409)
            .WithSummary("Let a canary's time run on")
            .WithDescription("Of a canary that was paused. The step goes on with the time that was left of it.");

        ofApp.MapPost("/rollback", Rollback).WithName("Rollback").Needs(AppActions.Deploy).Errors(400, 403, 404, 409)
            .WithSummary("Give the traffic back to an earlier release")
            .WithDescription("The one that was live before, or the one named by to. To a warm release this is a change of routes only. In the middle of a canary: all of it back to the live release at once, as abort does. Past a one-way step (a job of x-release's before) only with pastOneWay; else a 409 that names the step.");

        ofApp.MapPost("/abort", Abort).WithName("Abort").Needs(AppActions.Deploy).Errors(400, 403, 404, 409)
            .WithSummary("End the rollout that goes on")
            .WithDescription("What was live stays live, and of a canary gets all requests again at once. A release that took a one-way step and has had requests is taken back only with pastOneWay; else a 409 that names the step.");

        var rollouts = api.MapGroup("/rollouts/{id:long}").WithTags("Rollouts");

        rollouts.MapGet("/", Get).WithName("GetRollout").Needs(AppActions.View).Errors(403, 404)
            .WithSummary("One rollout")
            .WithDescription("Its state, and in error why it did not end in done.");

        rollouts.MapGet("/canary", Canary).WithName("GetCanary").Needs(AppActions.View).Errors(403, 404)
            .WithSummary("A canary's steps and verdicts")
            .WithDescription("Its policy, how far it is, every window that the judge looked at with both releases' requests, errors and p99, what was counted since, and how long the step still lasts. 404 where the rollout is no canary, or has not come to its first step.");

        rollouts.MapGet("/events", Events).WithName("ReadRolloutEvents").Needs(AppActions.View).Errors(403, 404)
            .WithSummary("What happened in a rollout")
            .WithDescription("One {index, event} a line (application/x-ndjson), from the index 'from' on. follow=true goes on until the rollout has ended.");

        rollouts.MapPost("/cancel", Cancel).WithName("CancelRollout").Needs(AppActions.Deploy).Errors(403, 404, 409)
            .WithSummary("End this rollout")
            .WithDescription("As abort does, whichever rollout of the app goes on by now: one that has ended already is left as it is. onlyBuild=true: only while it is queued or builds; one that has a release goes on, as the answer says.");
    }

    static async Task<Accepted<Rollout>> Deploy(
        string app, DeployRequest request, HttpContext context, AppAccess access, Rollouts rollouts, ReleaseQueries releases, IEngine engine, CancellationToken cancel)
    {
        var (name, source) = (AppName.Parse(app), request.Source with { Preview = null });
        var by = access.Asker(context, name, request.DespiteFreeze, request.DespiteApprovals);
        await Neighbours.Check(name, releases, engine, cancel);
        // Only to find what is wrong with it: the builder reads it again, because a build may begin after the folder changed.
        await Task.Run(() => Check(rollouts, SourceReader.Read(name, source).Model, request.AutoPromote, by), cancel);
        return Accepted(await rollouts.Deploy(name, source, request.AutoPromote, cancel, by));
    }

    static void Check(Rollouts rollouts, AppModel model, bool autoPromote, Asker by)
    {
        rollouts.CheckClaims(model);
        if (autoPromote) Rollouts.CheckApprovals(model, by);
    }

    static Ok<IReadOnlyList<Rollout>> List(string app, ReleaseQueries releases) =>
        TypedResults.Ok(releases.Rollouts(releases.Require(AppName.Parse(app)).App));

    static async Task<Accepted<Rollout>> Promote(string app, HttpContext context, AppAccess access, Rollouts rollouts, ReleaseQueries releases, CancellationToken cancel, PromoteRequest? request = null)
    {
        var name = AppName.Parse(app);
        // Who may approve and nothing else gives the approval that is waited for.
        if (request?.ToStep is not null || releases.App(name)?.Rollout is not ({ State: RolloutState.Holding, Canary.Hold: CanaryHold.Approval } or { State: RolloutState.Holding, Gate.Asks: not null })) access.Require(context, name, AppActions.Deploy);
        return Accepted(await rollouts.Promote(name, cancel, request?.ToStep, access.Asker(context, name, request is { DespiteFreeze: true }, request is { DespiteApprovals: true })));
    }

    static async Task<Accepted<Rollout>> Pause(string app, HttpContext context, Rollouts rollouts, CancellationToken cancel) =>
        Accepted(await rollouts.Pause(AppName.Parse(app), cancel, By(context)));

    static async Task<Accepted<Rollout>> Resume(string app, HttpContext context, AppAccess access, Rollouts rollouts, CancellationToken cancel) =>
        Accepted(await rollouts.Resume(AppName.Parse(app), cancel, access.Asker(context, AppName.Parse(app))));

    static async Task<Accepted<Rollout>> Rollback(string app, HttpContext context, AppAccess access, Rollouts rollouts, CancellationToken cancel, RollbackRequest? request = null) =>
        Accepted(await rollouts.Rollback(AppName.Parse(app), request?.To, cancel, access.Asker(context, AppName.Parse(app), request is { DespiteFreeze: true }), request?.PastOneWay ?? false));

    static async Task<Accepted<Rollout>> Abort(string app, HttpContext context, Rollouts rollouts, CancellationToken cancel, AbortRequest? request = null) =>
        Accepted(await rollouts.Abort(AppName.Parse(app), cancel, By(context), request?.PastOneWay ?? false));

    static async Task<Ok<CanaryStatus>> Canary(long id, ReleaseQueries releases, CanaryQueries canaries, CancellationToken cancel)
    {
        var rollout = releases.RequireRollout(id);
        return TypedResults.Ok(await canaries.Of(id, cancel) ?? throw new NotFoundException($"Rollout {id} of {rollout.App} is no canary, or has not come to its first step."));
    }

    static string? By(HttpContext context) => context.User.Identity?.Name;

    static Ok<Rollout> Get(long id, ReleaseQueries releases) => TypedResults.Ok(releases.RequireRollout(id));

    static Ndjson<JournalEntry> Events(long id, ReleaseQueries releases, RolloutJournal journal, CancellationToken cancel, long from = 0, bool follow = false)
    {
        releases.RequireRollout(id);
        return new(journal.Read(id, from, follow, cancel).Select(line => new JournalEntry(line.Index, line.Event)), ApiJson.Default.JournalEntry);
    }

    static async Task<Accepted<Rollout>> Cancel(long id, HttpContext context, Rollouts rollouts, ReleaseQueries releases, CancellationToken cancel, bool onlyBuild = false)
    {
        await rollouts.Cancel(id, cancel, By(context), onlyBuild);
        return Accepted(releases.RequireRollout(id));
    }


    internal static Accepted<Rollout> Accepted(Rollout rollout) => TypedResults.Accepted(FormattableString.Invariant($"/api/v1/rollouts/{rollout.Id}"), rollout);
}
