using Slipway.Model;
using Slipway.Registry.Auth;

namespace Slipway.Server.Auth;

/// <summary>What endpoints that any account may ask, ask for in turn.</summary>
static class ProjectRights
{
    /// <exception cref="ForbiddenException">The caller may not manage the project.</exception>
    public static void RequireManage(this HttpContext context, string project) => context.Require(project, RegistryActions.Manage, "maintainer");

    /// <summary>Whether the caller may pull, by his rights or because the project is public.</summary>
    public static bool MayPull(this HttpContext context, Projects projects, string repository) =>
        context.Account().Rights.May(repository, RegistryActions.Pull) || projects.IsPublic(repository);

    /// <exception cref="ForbiddenException">The caller may not pull from the repository.</exception>
    public static void RequirePull(this HttpContext context, Projects projects, string repository)
    {
        if (!projects.IsPublic(repository)) context.Require(repository, RegistryActions.Pull, "viewer");
    }

    /// <exception cref="ForbiddenException">The caller may not do that with the repository, or project.</exception>
    public static void Require(this HttpContext context, string repository, RegistryActions actions, string role)
    {
        var account = context.Account();
        if (!account.Rights.May(repository, actions)) throw new ForbiddenException($"{account.Name} may not do that with '{repository}': it needs the role {role} in project '{repository.Split('/', 2)[0]}'.");
    }

    /// <exception cref="ForbiddenException">The caller is no administrator.</exception>
    public static void RequireAdmin(this HttpContext context, string what)
    {
        var account = context.Account();
        if (!account.Rights.IsAdmin) throw new ForbiddenException($"{account.Name} may not decide {what}: only an administrator may.");
    }
}
