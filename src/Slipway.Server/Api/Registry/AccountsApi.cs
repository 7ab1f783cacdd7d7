using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Server.Auth;
using Slipway.Server.Members;

namespace Slipway.Server.Api.Registry;

static class AccountsApi
{
    public static void MapAccounts(this IEndpointRouteBuilder registry)
    {
        var accounts = registry.MapGroup("/accounts").WithTags("Registry: access");

        accounts.MapGet("/", List).WithName("ListAccounts")
            .WithSummary("List the users").WithDescription("With their roles in projects. For administrators.");

        accounts.MapPost("/", Add).WithName("AddAccount").Errors(400, 409)
            .WithSummary("Add a user").WithDescription("He can do nothing until he has a role in a project, or is an administrator.");

        accounts.MapPatch("/{name}", Change).WithName("ChangeAccount").Errors(400, 404)
            .WithSummary("Change a user").WithDescription("Password, administrator, disabled; what is left out stays. Every token that was given out before is worth nothing any more.");

        accounts.MapDelete("/{name}", Remove).WithName("RemoveAccount").Errors(404)
            .WithSummary("Remove a user").WithDescription("With his roles. What he has pushed stays.");

        var me = registry.MapGroup("/me").WithTags("Registry: access").RequireAuthorization(Credentials.AnyAccount);

        me.MapGet("/", Me).WithName("WhoAmI").WithSummary("Who am I").WithDescription("The account of the credential, and what it may do.");

        me.MapPut("/password", SetPassword).WithName("SetMyPassword").Errors(400, 403)
            .WithSummary("Change one's own password").WithDescription("For users; a robot's secret is rotated.");
    }

    static Ok<IReadOnlyList<AccountStatus>> List(Accounts accounts) => TypedResults.Ok(accounts.List());

    static async Task<Created<AccountStatus>> Add(AccountRequest request, Accounts accounts, HttpContext context)
    {
        var made = await accounts.Add(request, Caller.Of(context), context.RequestAborted);
        return TypedResults.Created($"/api/v1/registry/accounts/{made.Name}", made);
    }

    static async Task<NoContent> Change(string name, AccountChange change, Accounts accounts, HttpContext context)
    {
        await accounts.Change(name, change, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<NoContent> Remove(string name, Accounts accounts, AppMembers members, HttpContext context)
    {
        await members.Forget(name, context.RequestAborted);
        await accounts.Remove(name, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static Ok<WhoAmI> Me(HttpContext context)
    {
        var account = context.Account();
        return TypedResults.Ok(new WhoAmI(account.Name, account.Kind, account.Rights.IsAdmin, account.Rights.Described));
    }

    static async Task<NoContent> SetPassword(PasswordRequest request, Accounts accounts, HttpContext context)
    {
        var account = context.Account();
        if (account.Kind != "user" || account.Name == Identity.Admin.Name) throw new ForbiddenException($"{account.Name} is no user whose password could be changed here.");
        await accounts.Change(account.Name, new AccountChange { Password = request.Password }, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }
}
