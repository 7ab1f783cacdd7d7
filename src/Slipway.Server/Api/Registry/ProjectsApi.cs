using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Server.Auth;

namespace Slipway.Server.Api.Registry;

static class ProjectsApi
{
    public static void MapProjects(this IEndpointRouteBuilder registry)
    {
        var projects = registry.MapGroup("/projects").WithTags("Registry: access").RequireAuthorization(Credentials.AnyAccount);

        projects.MapGet("/", List).WithName("ListProjects")
            .WithSummary("List the projects").WithDescription("Those that the caller may pull from, with their members.");

        projects.MapPut("/{project}", Set).WithName("SetProject").Errors(400, 403)
            .WithSummary("Make a project public or private").WithDescription("For its maintainers.");

        projects.MapDelete("/{project}", Remove).WithName("RemoveProject").Errors(403, 404)
            .WithSummary("Remove what is set up of a project").WithDescription("Its members, and that it is public. Its images stay. For its maintainers.");

        projects.MapPut("/{project}/members/{account}", SetMember).WithName("SetMember").Errors(400, 403, 404)
            .WithSummary("Give a user a role in a project").WithDescription("viewer (pull), developer (pull, push) or maintainer (everything). For its maintainers; nobody gives away more than he has.");

        projects.MapDelete("/{project}/members/{account}", RemoveMember).WithName("RemoveMember").Errors(403, 404)
            .WithSummary("Take a user's role in a project").WithDescription("For its maintainers.");
    }

    static Ok<IReadOnlyList<ProjectStatus>> List(Projects projects, HttpContext context) =>
        TypedResults.Ok(projects.List(project => context.Account().Rights.May(project, RegistryActions.Pull)));

    static async Task<NoContent> Set(string project, ProjectSettings settings, Projects projects, HttpContext context)
    {
        context.RequireManage(project);
        await projects.Set(project, settings.Public, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<NoContent> Remove(string project, Projects projects, HttpContext context)
    {
        context.RequireManage(project);
        await projects.Remove(project, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<NoContent> SetMember(string project, string account, MemberRequest request, Projects projects, HttpContext context)
    {
        context.RequireManage(project);
        // A robot that may manage and nothing else must not make a maintainer.
        context.Require(project, request.Role.Actions(), "maintainer");
        await projects.SetMember(project, account, request.Role, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<NoContent> RemoveMember(string project, string account, Projects projects, HttpContext context)
    {
        context.RequireManage(project);
        await projects.RemoveMember(project, account, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }
}
