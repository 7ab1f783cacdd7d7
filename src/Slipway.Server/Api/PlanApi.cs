using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Apps;
using Slipway.Server.Members;
using Slipway.Server.Builds;

namespace Slipway.Server.Api;

static class PlanApi
{
    public static void MapPlan(this IEndpointRouteBuilder api) =>
        api.MapPost("/apps/{app}/plan", Plan).WithTags("Rollouts").WithName("PlanDeploy").Needs(AppActions.Deploy).Errors(400, 403, 413, 415, 502, 503)
            .WithSummary("What a deploy would do")
            .WithDescription("Takes what a deploy takes, and does nothing: which services would be created, replaced, restarted or kept and why, where the app would be reached, what happens in which order, and everything for which the deploy would be refused just now. Secrets are never shown. What is wrong with the files is a 400 with every diagnostic.");

    static async Task<Ok<DeployPlan>> Plan(
        string app, DeployRequest request, HttpContext context, AppAccess access, DeployPlans plans, ReleaseQueries releases, IEngine engine, CancellationToken cancel)
    {
        var name = AppName.Parse(app);
        var by = access.Asker(context, name, request.DespiteFreeze, request.DespiteApprovals);
        var plan = await Task.Run(() => plans.Make(SourceReader.Read(name, request.Source).Model, request.AutoPromote, by), cancel);
        try
        {
            await Neighbours.Check(name, releases, engine, cancel);
        }
        catch (ConflictException taken)
        {
            plan = plan with { Blockers = [.. plan.Blockers, taken.Message] };
        }
        return TypedResults.Ok(plan);
    }
}
