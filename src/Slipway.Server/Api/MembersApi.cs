using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class MembersApi
{
    public static void MapMembers(this IEndpointRouteBuilder api)
    {
        var members = api.MapGroup("/apps/{app}/members").WithTags("Apps").Needs(AppActions.Manage);

        members.MapGet("/", List).WithName("ListAppMembers").Errors(400, 403)
            .WithSummary("Who may do what with an app")
            .WithDescription("Accounts with their roles on it, and on all apps. For its administrators.");

        members.MapPut("/{account}/{role}", Add).WithName("AddAppMember").Errors(400, 403, 404)
            .WithSummary("Give an account a role on an app")
            .WithDescription("viewer, approver, deployer, admin, or a name of your own that approvals ask for (by). The app need not be there yet. For its administrators.");

        members.MapDelete("/{account}", Remove).WithName("RemoveAppMember").Errors(400, 403, 404)
            .WithSummary("Take an account's roles on an app")
            .WithDescription("All of them, or the one named by role. For its administrators.");

        var all = api.MapGroup("/members").WithTags("Apps");

        all.MapGet("/", ListAll).WithName("ListMembers").WithSummary("Who may do what with all apps").WithDescription("For administrators of the platform.");

        all.MapPut("/{account}/{role}", AddToAll).WithName("AddMember").Errors(400, 404)
            .WithSummary("Give an account a role on all apps").WithDescription("Also on those to come. For administrators of the platform.");

        all.MapDelete("/{account}", RemoveFromAll).WithName("RemoveMemberOfAll").Errors(404)
            .WithSummary("Take an account's roles on all apps").WithDescription("Those on single apps stay. For administrators of the platform.");
    }

    static Ok<IReadOnlyList<AppMember>> List(string app, AppMembers members) => TypedResults.Ok(members.List(AppName.Parse(app)));

    static Ok<IReadOnlyList<AppMember>> ListAll(AppMembers members) => TypedResults.Ok(members.List(null));

    static Task<NoContent> Add(string app, string account, string role, AppMembers members, HttpContext context) => Give(AppName.Parse(app), account, role, members, context);

    static Task<NoContent> AddToAll(string account, string role, AppMembers members, HttpContext context) => Give(null, account, role, members, context);

    static Task<NoContent> Remove(string app, string account, AppMembers members, HttpContext context, string? role = null) => Take(AppName.Parse(app), account, role, members, context);

    static Task<NoContent> RemoveFromAll(string account, AppMembers members, HttpContext context, string? role = null) => Take(null, account, role, members, context);

    static async Task<NoContent> Give(AppName? app, string account, string role, AppMembers members, HttpContext context)
    {
        await members.Add(app, account, role, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<NoContent> Take(AppName? app, string account, string? role, AppMembers members, HttpContext context)
    {
        await members.Remove(app, account, role, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }
}

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<AppMember>))]
[JsonSerializable(typeof(FreezeRequest))]
[JsonSerializable(typeof(FreezeStatus))]
public sealed partial class GovernanceJson : JsonSerializerContext;
