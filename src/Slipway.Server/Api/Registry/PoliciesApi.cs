using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Registry.Policies;
using Slipway.Server.Auth;

namespace Slipway.Server.Api.Registry;

static class PoliciesApi
{
    public static void MapPolicies(this IEndpointRouteBuilder registry)
    {
        var all = registry.MapGroup("/policies").WithTags("Registry: signatures").RequireAuthorization(Credentials.AnyAccount);

        all.MapGet("/", List).WithName("ListPolicies")
            .WithSummary("List the deploy policies")
            .WithDescription("The platform's first; of projects those that the caller may pull from.");

        var platform = registry.MapGroup("/policy").WithTags("Registry: signatures");

        platform.MapGet("/", ShowPlatform).WithName("GetPlatformPolicy").RequireAuthorization(Credentials.AnyAccount).Errors(404)
            .WithSummary("Show the platform's deploy policy")
            .WithDescription("What every image of every app must have, beside what its own project asks for.");

        platform.MapPut("/", SetPlatform).WithName("SetPlatformPolicy").Errors(400)
            .WithSummary("Set the platform's deploy policy")
            .WithDescription("Replaces the whole policy, from the next deploy on. For administrators.");

        platform.MapDelete("/", RemovePlatform).WithName("RemovePlatformPolicy").Errors(404)
            .WithSummary("Remove the platform's deploy policy")
            .WithDescription("What projects ask for stays. For administrators.");

        var ofProject = registry.MapGroup("/projects/{project}/policy").WithTags("Registry: signatures").RequireAuthorization(Credentials.AnyAccount);

        ofProject.MapGet("/", Show).WithName("GetPolicy").Errors(403, 404)
            .WithSummary("Show a project's deploy policy")
            .WithDescription("What the images of the app of that name must have, beside what the platform asks for.");

        ofProject.MapPut("/", Set).WithName("SetPolicy").Errors(400, 403)
            .WithSummary("Set a project's deploy policy")
            .WithDescription("Replaces the whole policy, from the next deploy on. For its maintainers; that it stands in place of the platform's, only an administrator can say.");

        ofProject.MapDelete("/", Remove).WithName("RemovePolicy").Errors(403, 404)
            .WithSummary("Remove a project's deploy policy")
            .WithDescription("What the platform asks for holds alone. For its maintainers.");
    }

    static Ok<IReadOnlyList<PolicyStatus>> List(DeployPolicies policies, Projects projects, HttpContext context) =>
        TypedResults.Ok<IReadOnlyList<PolicyStatus>>([.. policies.List().Where(policy => policy.Project is null || context.MayPull(projects, policy.Project))]);

    static Ok<PolicyStatus> ShowPlatform(DeployPolicies policies) => TypedResults.Ok(policies.Find(null) ?? throw new NotFoundException("The platform has no policy."));

    static async Task<Ok<PolicyStatus>> SetPlatform(DeployPolicy policy, DeployPolicies policies, HttpContext context) =>
        TypedResults.Ok(await policies.Set(null, policy, Caller.Of(context), context.RequestAborted));

    static async Task<NoContent> RemovePlatform(DeployPolicies policies, HttpContext context)
    {
        await policies.Remove(null, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static Ok<PolicyStatus> Show(string project, DeployPolicies policies, Projects projects, HttpContext context)
    {
        context.RequirePull(projects, project);
        return TypedResults.Ok(policies.Find(project) ?? throw new NotFoundException($"The project {project} has no policy of its own."));
    }

    static async Task<Ok<PolicyStatus>> Set(string project, DeployPolicy policy, DeployPolicies policies, HttpContext context)
    {
        context.RequireManage(project);
        if (policy.ReplacesPlatform) context.RequireAdmin("that a policy stands in place of the platform's");
        return TypedResults.Ok(await policies.Set(project, policy, Caller.Of(context), context.RequestAborted));
    }

    static async Task<NoContent> Remove(string project, DeployPolicies policies, HttpContext context)
    {
        context.RequireManage(project);
        await policies.Remove(project, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }
}
