using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;
using Slipway.Server.Auth;

namespace Slipway.Server.Api.Registry;

static class AuditApi
{
    public static void MapAudit(this IEndpointRouteBuilder registry) =>
        registry.MapGet("/audit", Find).WithTags("Registry: access").RequireAuthorization(Credentials.AnyAccount).WithName("FindAudit").Errors(400, 403)
            .WithSummary("Read the audit log")
            .WithDescription("The newest first; 'before' with the last identifier gives the next page, 'after' follows the log oldest first. Administrators see all of it, maintainers that of a project which they name.");

    static Ok<IReadOnlyList<RegistryEvent>> Find(
        AuditLog audit, HttpContext context, string? project = null, string? repository = null, string? actor = null, string? action = null,
        DateTimeOffset? since = null, DateTimeOffset? until = null, long? before = null, long? after = null, int limit = 100)
    {
        if (!context.Account().Rights.IsAdmin) context.RequireManage(project ?? throw new ForbiddenException("The whole audit log is for administrators; name a project that you maintain."));
        return TypedResults.Ok(audit.Find(new AuditQuery
        {
            Project = project, Repository = repository, Actor = actor, Action = action, Since = since, Until = until, Before = before, After = after, Limit = limit,
        }));
    }
}
