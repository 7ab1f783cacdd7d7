using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Replicating;

namespace Slipway.Server.Api.Registry;

static class ReplicationsApi
{
    public static void MapReplications(this IEndpointRouteBuilder registry)
    {
        var rules = registry.MapGroup("/replications").WithTags("Registry: replication");

        rules.MapGet("/", List).WithName("ListReplications")
            .WithSummary("List the rules of replication")
            .WithDescription("Each with when it is due and its last run, without its password.");

        rules.MapPut("/{name}", Set).WithName("SetReplication").Errors(400)
            .WithSummary("Make a rule of replication, or change it")
            .WithDescription("Without a password the stored one stays, as long as remote and user do; no answer shows it.");

        rules.MapDelete("/{name}", Remove).WithName("RemoveReplication").Errors(404)
            .WithSummary("Remove a rule with its reports")
            .WithDescription("What it has copied stays.");

        rules.MapPost("/{name}/runs", Run).WithName("RunReplication").Errors(404)
            .WithSummary("Run a rule now")
            .WithDescription("Answers with the run; where one goes on, with that.");

        rules.MapGet("/{name}/runs", Runs).WithName("ListReplicationRuns").Errors(404)
            .WithSummary("List the runs of a rule")
            .WithDescription("Newest first, in numbers of images; the last 50 are kept.");

        rules.MapGet("/{name}/runs/{run}", Report).WithName("GetReplicationReport").Errors(400, 404)
            .WithSummary("What a run copied, skipped, removed and failed at")
            .WithDescription("'latest' for the newest. What failed comes first.");
    }

    static Ok<IReadOnlyList<ReplicationStatus>> List(Replications rules) => TypedResults.Ok(rules.List());

    static async Task<NoContent> Set(string name, ReplicationSettings rule, Replications rules, HttpContext context)
    {
        await rules.Set(rule with { Name = name }, Caller.Of(context), context.RequestAborted);
        return TypedResults.NoContent();
    }

    static async Task<NoContent> Remove(string name, Replications rules, HttpContext context) =>
        await rules.Remove(name, Caller.Of(context), context.RequestAborted) ? TypedResults.NoContent() : throw new NotFoundException($"There is no replication rule '{name}'.");

    static async Task<Accepted<ReplicationRun>> Run(string name, Replications rules, CancellationToken cancel)
    {
        var run = await rules.Start(name, cancel);
        return TypedResults.Accepted(string.Create(CultureInfo.InvariantCulture, $"/api/v1/registry/replications/{name}/runs/{run.Id}"), run);
    }

    static Ok<IReadOnlyList<ReplicationRun>> Runs(string name, Replications rules) => TypedResults.Ok(rules.Runs(name));

    static Ok<ReplicationReport> Report(string name, string run, Replications rules) => TypedResults.Ok(rules.Report(name, run == "latest" ? null
        : long.TryParse(run, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw new InvalidInputException(new Diagnostic { Key = "run", Message = $"'{run}' is no run", Found = run, Expected = "its number, or 'latest'" })));
}
