using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

/// <summary><c>GET /api/v1/apps/{app}/approvals</c></summary>
/// <param name="Rule">Null: no approval is asked for but those of the file.</param>
public sealed record ApprovalStatus(ApprovalRule? Rule);

/// <summary>The approvals that every release of an app asks for, whatever its file says.</summary>
static class ApprovalsApi
{
    public static void MapApprovals(this IEndpointRouteBuilder api)
    {
        var approvals = api.MapGroup("/apps/{app}/approvals").WithTags("Apps");

        approvals.MapGet("/", Get).WithName("GetAppApprovals").Needs(AppActions.View).Errors(400, 403, 404)
            .WithSummary("The approvals that every release of an app asks for").WithDescription("Beside those of its file. For who may see the app.");

        approvals.MapPut("/", Set).WithName("SetAppApprovals").Needs(AppActions.Manage).Errors(400, 403, 404)
            .WithSummary("Let every release of an app ask for approvals")
            .WithDescription("Before its first request, whatever its file says; a release that waits already is asked too. In place of the rule that is there. For the app's administrators.");

        approvals.MapDelete("/", Lift).WithName("LiftAppApprovals").Needs(AppActions.Manage).Errors(400, 403, 404)
            .WithSummary("Let no release of an app ask for approvals but by its file").WithDescription("A release that waits for them goes on. For the app's administrators.");
    }

    static Ok<ApprovalStatus> Get(string app, ApprovalSwitch approvals) => TypedResults.Ok(new ApprovalStatus(approvals.Of(AppName.Parse(app))));

    static async Task<Ok<ApprovalStatus>> Set(string app, ApprovalRule rule, ApprovalSwitch approvals, HttpContext context)
    {
        await approvals.Set(AppName.Parse(app), rule, context.User.Identity?.Name, context.RequestAborted);
        return TypedResults.Ok(new ApprovalStatus(rule));
    }

    static async Task<NoContent> Lift(string app, ApprovalSwitch approvals, HttpContext context)
    {
        await approvals.Set(AppName.Parse(app), null, context.User.Identity?.Name, context.RequestAborted);
        return TypedResults.NoContent();
    }
}

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ApprovalStatus))]
public sealed partial class ApprovalsJson : JsonSerializerContext;
