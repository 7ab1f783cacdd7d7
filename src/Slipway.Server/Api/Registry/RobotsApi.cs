using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Server.Auth;
using Slipway.Server.Members;

namespace Slipway.Server.Api.Registry;

static class RobotsApi
{
    public static void MapRobots(this IEndpointRouteBuilder registry)
    {
        var robots = registry.MapGroup("/robots").WithTags("Registry: access").RequireAuthorization(Credentials.AnyAccount);

        robots.MapGet("/", List).WithName("ListRobots")
            .WithSummary("List the robots").WithDescription("Those that the caller may manage, of one project or all.");

        robots.MapPost("/", Add).WithName("AddRobot").Errors(400, 403, 409)
            .WithSummary("Add a robot").WithDescription("With scopes within the caller's own rights, and an end date. The answer is the only one that shows the secret.");

        robots.MapPost("/{name}/rotate", Rotate).WithName("RotateRobot").Errors(403, 404)
            .WithSummary("Give a robot a new secret").WithDescription("The old one is worth nothing any more, nor is any token that it has got. Nobody takes over a robot that may do more than he.");

        robots.MapPatch("/{name}", Change).WithName("ChangeRobot").Errors(400, 404)
            .WithSummary("Disable or enable a robot").WithDescription("At once, for its tokens too.");

        robots.MapDelete("/{name}", Remove).WithName("RemoveRobot").Errors(404).WithSummary("Remove a robot").WithDescription("At once, for its tokens too.");
    }

    static Ok<IReadOnlyList<RobotStatus>> List(Robots robots, HttpContext context, string? project = null) => TypedResults.Ok(robots.List(project, context.Account().Rights));

    static async Task<Created<RobotStatus>> Add(RobotRequest request, Robots robots, HttpContext context)
    {
        var rights = context.Account().Rights;
        if (!Robots.MayManage(rights, request.Project))
            throw new ForbiddenException(request.Project is null ? "Robots of the platform are made by administrators; name a project." : $"You may not manage project '{request.Project}': that needs the role maintainer there.");
        var made = await robots.Add(request, rights, Caller.Of(context), context.RequestAborted);
        return TypedResults.Created($"/api/v1/registry/robots/{made.Name}", made);
    }

    static async Task<Ok<RobotStatus>> Rotate(string name, Robots robots, HttpContext context) =>
        TypedResults.Ok(await robots.Rotate(name, context.Account().Rights, Caller.Of(context), context.RequestAborted));

    static async Task<NoContent> Change(string name, RobotChange change, Robots robots, HttpContext context)
    {
        await robots.Disable(name, change.Disabled, context.Account().Rights, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<NoContent> Remove(string name, Robots robots, AppMembers members, HttpContext context)
    {
        // Its roles first: a server that is killed in between must not leave them to a later robot of its name.
        robots.Check(name, context.Account().Rights);
        await members.Forget(name, context.RequestAborted);
        await robots.Remove(name, context.Account().Rights, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }
}
