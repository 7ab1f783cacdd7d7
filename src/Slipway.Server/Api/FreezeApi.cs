using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Auth;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

/// <summary><c>PUT /api/v1/apps/{app}/freeze</c>, <c>PUT /api/v1/freeze</c></summary>
public sealed record FreezeRequest
{
    /// <summary>What those read who are refused, at most 500 characters.</summary>
    public required string Reason { get; init; }

    /// <summary>When it ends by itself; null: when it is lifted.</summary>
    public DateTimeOffset? Until { get; init; }
}

/// <summary><c>GET /api/v1/freeze</c></summary>
/// <param name="Freeze">The platform's; null: it is not frozen.</param>
public sealed record FreezeStatus(Freeze? Freeze);

static class FreezeApi
{
    public static void MapFreezes(this IEndpointRouteBuilder api)
    {
        var ofApp = api.MapGroup("/apps/{app}/freeze").WithTags("Apps").Needs(AppActions.Manage);

        ofApp.MapPut("/", Set).WithName("FreezeApp").Errors(400, 403, 404)
            .WithSummary("Freeze an app")
            .WithDescription("No deploy, promote, resume, scale or removal is begun until it is lifted, or its time is over; a canary that is under way holds where it is, and is judged on. Going back (abort, rollback) is always allowed. In place of the freeze that is there. For the app's administrators.");

        ofApp.MapDelete("/", Lift).WithName("UnfreezeApp").Errors(400, 403, 404, 409)
            .WithSummary("Lift an app's freeze")
            .WithDescription("A canary that it holds goes on. For the app's administrators.");

        var platform = api.MapGroup("/freeze").WithTags("Apps");

        platform.MapGet("/", Get).WithName("GetFreeze").RequireAuthorization(Credentials.AnyAccount)
            .WithSummary("The platform's freeze").WithDescription("For every account.");

        platform.MapPut("/", SetAll).WithName("FreezePlatform").Errors(400)
            .WithSummary("Freeze all apps").WithDescription("Those to come too. For administrators of the platform.");

        platform.MapDelete("/", LiftAll).WithName("UnfreezePlatform").Errors(409)
            .WithSummary("Lift the platform's freeze").WithDescription("Freezes of single apps stay. For administrators of the platform.");
    }

    static Task<Ok<Freeze>> Set(string app, FreezeRequest request, FreezeSwitch freezes, HttpContext context) => Freeze(AppName.Parse(app), request, freezes, context);

    static Task<NoContent> Lift(string app, FreezeSwitch freezes, HttpContext context) => Unfreeze(AppName.Parse(app), freezes, context);

    static Ok<FreezeStatus> Get(FreezeSwitch freezes) => TypedResults.Ok(new FreezeStatus(freezes.Platform()));

    static Task<Ok<Freeze>> SetAll(FreezeRequest request, FreezeSwitch freezes, HttpContext context) => Freeze(null, request, freezes, context);

    static Task<NoContent> LiftAll(FreezeSwitch freezes, HttpContext context) => Unfreeze(null, freezes, context);

    static async Task<Ok<Freeze>> Freeze(AppName? app, FreezeRequest request, FreezeSwitch freezes, HttpContext context) =>
        TypedResults.Ok(await freezes.Freeze(app, request.Reason, request.Until, context.User.Identity?.Name, context.RequestAborted));

    static async Task<NoContent> Unfreeze(AppName? app, FreezeSwitch freezes, HttpContext context)
    {
        await freezes.Unfreeze(app, context.User.Identity?.Name, context.RequestAborted);
        return TypedResults.NoContent();
    }
}
