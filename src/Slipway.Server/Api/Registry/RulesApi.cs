using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Registry.Events;
using Slipway.Registry.Rules;
using Slipway.Registry.Rules.Retention;
using Slipway.Server.Auth;

namespace Slipway.Server.Api.Registry;

static class RulesApi
{
    public static void MapRules(this IEndpointRouteBuilder registry)
    {
        var rules = registry.MapGroup("/projects/{project}/rules").WithTags("Registry: rules").RequireAuthorization(Credentials.AnyAccount)
            .AddEndpointFilter(ForMaintainers);

        rules.MapGet("/", Show).WithName("GetProjectRules").Errors(400, 403)
            .WithSummary("Show the rules of a project and what it uses")
            .WithDescription("Immutable tags, retention, quota; and bytes, tags and repositories, counted anew.");

        rules.MapPost("/immutable", AddImmutable).WithName("AddImmutableTags").Errors(400, 403)
            .WithSummary("Make tags immutable")
            .WithDescription("Tags that match can be made, but not moved to another image and not removed, by nobody.");

        rules.MapDelete("/immutable/{id:long}", RemoveImmutable).WithName("RemoveImmutableTags").Errors(403, 404)
            .WithSummary("Lift a rule of immutable tags")
            .WithDescription("From now on its tags move and go as others do; who lifted it is recorded.");

        rules.MapPut("/retention", SetRetention).WithName("SetRetention").Errors(400, 403)
            .WithSummary("Set what a project keeps")
            .WithDescription("Replaces the whole policy. Nothing is removed before it runs, by the clock or when asked; try it with a dry run first.");

        rules.MapDelete("/retention", ClearRetention).WithName("ClearRetention").Errors(403, 404)
            .WithSummary("Let a project keep everything")
            .WithDescription("Removes the policy; the runs that it had stay listed.");

        rules.MapPost("/retention/dry-run", Try).WithName("TryRetention").Errors(400, 403, 404)
            .WithSummary("Say of every tag whether retention keeps it")
            .WithDescription("By the policy in the body, or without one by the project's. Removes nothing.");

        rules.MapPost("/retention/run", Run).WithName("RunRetention").Errors(400, 403, 404)
            .WithSummary("Remove what the policy does not keep")
            .WithDescription("Now, and answers the run with its report. Bytes become free with the next garbage collection.");

        rules.MapGet("/retention/runs", Runs).WithName("ListRetentionRuns").Errors(400, 403)
            .WithSummary("List the last runs with their reports")
            .WithDescription("At most 100, newest first.");

        rules.MapPut("/quota", SetQuota).WithName("SetQuota").Errors(400, 403)
            .WithSummary("Set what a project may hold")
            .WithDescription("Replaces all limits; what is left out has none. A limit below what is used refuses what comes and removes nothing.");
    }

    static ValueTask<object?> ForMaintainers(EndpointFilterInvocationContext call, EndpointFilterDelegate next)
    {
        call.HttpContext.RequireManage((string)call.HttpContext.GetRouteValue("project")!);
        return next(call);
    }

    static Ok<ProjectRuleSet> Show(string project, ProjectRules rules) => TypedResults.Ok(rules.Show(project));

    static async Task<Ok<ImmutableRule>> AddImmutable(string project, ImmutableRule rule, ProjectRules rules, HttpContext context) =>
        TypedResults.Ok(await rules.AddImmutable(project, rule, Caller.Of(context), context.RequestAborted));

    static async Task<NoContent> RemoveImmutable(string project, long id, ProjectRules rules, HttpContext context)
    {
        await rules.RemoveImmutable(project, id, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<Ok<ProjectRuleSet>> SetRetention(string project, RetentionPolicy policy, ProjectRules rules, HttpContext context)
    {
        await rules.SetRetention(project, policy, Caller.Of(context), context.RequestAborted);
        return TypedResults.Ok(rules.Show(project));
    }

    static async Task<NoContent> ClearRetention(string project, ProjectRules rules, HttpContext context)
    {
        await rules.ClearRetention(project, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static Ok<RetentionReport> Try(string project, ProjectRetention retention, RetentionPolicy? policy = null) => TypedResults.Ok(retention.Try(project, policy));

    static async Task<Ok<RetentionRun>> Run(string project, ProjectRetention retention, HttpContext context) =>
        // Not bound to the request: what has begun comes to its end and is recorded.
        TypedResults.Ok(await retention.Run(project, Caller.Of(context), CancellationToken.None));

    static Ok<IReadOnlyList<RetentionRun>> Runs(string project, ProjectRetention retention) => TypedResults.Ok(retention.Runs(project));

    static async Task<Ok<ProjectRuleSet>> SetQuota(string project, ProjectQuota quota, ProjectRules rules, HttpContext context)
    {
        await rules.SetQuota(project, quota, Caller.Of(context), context.RequestAborted);
        return TypedResults.Ok(rules.Show(project));
    }
}

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ProjectRuleSet))]
[JsonSerializable(typeof(ImmutableRule))]
[JsonSerializable(typeof(ProjectQuota))]
[JsonSerializable(typeof(RetentionPolicy))]
[JsonSerializable(typeof(RetentionReport))]
[JsonSerializable(typeof(RetentionRun))]
[JsonSerializable(typeof(IReadOnlyList<RetentionRun>))]
public sealed partial class RulesJson : JsonSerializerContext;
