using System.Globalization;
using Microsoft.AspNetCore.Authorization;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Releases;
using Slipway.Server.Auth;

namespace Slipway.Server.Members;

/// <summary>What the sender of a request may do with apps. With a preview it is what he may do with its app.</summary>
sealed class AppAccess(AppMembers members, Previews previews)
{
    /// <summary>An administrator of the platform has every fixed role, and no other: whom an approval asks for is who was made one of them.</summary>
    static readonly HashSet<string> OfAdministrator = [AppRole.Viewer, AppRole.Approver, AppRole.Deployer, AppRole.Admin];

    public bool May(HttpContext context, AppName app, AppActions actions) => May(context.Account(), app, actions);

    /// <exception cref="ForbiddenException">It needs a role that the account does not have; the message names it.</exception>
    public void Require(HttpContext context, AppName app, AppActions actions)
    {
        if (!May(context, app, actions)) throw new ForbiddenException(Refusal(context.Account(), app, actions));
    }

    /// <summary>The sender, as the releases need to know him.</summary>
    /// <exception cref="ForbiddenException">He wants to go on despite something, and is no administrator of the app.</exception>
    public Asker Asker(HttpContext context, AppName app, bool despiteFreeze = false, bool despiteApprovals = false)
    {
        if (despiteFreeze || despiteApprovals) Require(context, app, AppActions.Manage);
        return new Asker { Name = context.User.Identity?.Name, Roles = Roles(context.Account(), app), DespiteFreeze = despiteFreeze, DespiteApprovals = despiteApprovals };
    }

    internal static string Refusal(Identity account, AppName app, AppActions actions)
    {
        var role = AppRole.For(actions);
        return $"{account.Name} may not do that with {app}: it needs the role {role} of the app. An administrator gives it: slipway app member add {app} {account.Name} --role {role}";
    }

    internal bool May(Identity account, AppName app, AppActions actions) =>
        account.Rights.IsAdmin || (Roles(account, app).Aggregate(AppActions.None, (all, role) => all | AppRole.Actions(role)) & actions) == actions;

    IReadOnlySet<string> Roles(Identity account, AppName app)
    {
        var roles = members.RolesOf(account.Name, previews.ParentOf(app) ?? app);
        return account.Rights.IsAdmin ? roles.Concat(OfAdministrator).ToHashSet() : roles;
    }
}

/// <summary>The route's app, or that of its rollout, may be worked with so.</summary>
sealed record AppRequirement(AppActions Actions) : IAuthorizationRequirement;

/// <summary>Why an account is refused, for the answer.</summary>
sealed record RefusedBecause(string Reason);

/// <summary>
/// Asks for the rights before anything of the request is read. An account without rights is told the same whether the app is there or not.
/// </summary>
sealed class AppRequirementHandler(AppAccess access, ReleaseQueries releases) : AuthorizationHandler<AppRequirement>
{
    protected override Task HandleRequirementAsync(AuthorizationHandlerContext context, AppRequirement requirement)
    {
        if (context.Resource is not HttpContext http) return Task.CompletedTask;
        var account = http.Account();
        if (account.Rights.IsAdmin || (AppOf(http) is { } app && access.May(account, app, requirement.Actions))) context.Succeed(requirement);
        else http.Features.Set(new RefusedBecause(AppOf(http) is { } named
            ? AppAccess.Refusal(account, named, requirement.Actions) : $"{account.Name} has no rights on the app of that, if there is one."));
        return Task.CompletedTask;
    }

    AppName? AppOf(HttpContext http) =>
        http.Request.RouteValues.TryGetValue("app", out var name) ? AppName.TryParse(name as string, out var app) ? app : null
        : http.Request.RouteValues.TryGetValue("id", out var id) && long.TryParse(id as string, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? releases.Rollout(number)?.App : null;
}

static class AppNeeds
{
    /// <summary>For accounts that may do this with the app, in place of administrators alone.</summary>
    public static T Needs<T>(this T endpoint, AppActions actions) where T : IEndpointConventionBuilder =>
        endpoint.RequireAuthorization(new AuthorizationPolicyBuilder(CredentialHandler.SchemeName).RequireAuthenticatedUser().AddRequirements(new AppRequirement(actions)).Build());
}
