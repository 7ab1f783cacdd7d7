using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class MaintenanceApi
{
    const int LongestMessage = 500, LongestRetry = 86_400;

    public static void MapMaintenance(this IEndpointRouteBuilder api)
    {
        var maintenance = api.MapGroup("/apps/{app}/maintenance").WithTags("Apps");

        maintenance.MapPut("/", On).WithName("BeginMaintenance").Needs(AppActions.Deploy).Errors(400, 403, 404, 409)
            .WithSummary("Answer an app's requests with a maintenance page")
            .WithDescription("503 with Retry-After on all of its hosts and ports, but on the preview host of a release that waits. It is the app's: deploys, rollbacks and restarts leave it as it is. 200 when every gateway answers so; 202 where that is stored and the gateways have not taken it within 15 s.");

        maintenance.MapDelete("/", Off).WithName("EndMaintenance").Needs(AppActions.Deploy).Errors(400, 403, 404, 409)
            .WithSummary("Serve an app again")
            .WithDescription("204 when every gateway serves it again; 202 as above.");
    }

    static async Task<Results<Ok<Maintenance>, Accepted<Maintenance>>> On(
        string app, HttpContext context, MaintenanceSwitch maintenance, TimeProvider time, CancellationToken cancel, MaintenanceRequest? request = null)
    {
        if (request?.Message is { Length: > LongestMessage } message)
            throw new InvalidInputException(new Diagnostic { Key = "message", Message = "the message is too long for a page", Found = $"{message.Length} characters", Expected = $"at most {LongestMessage}" });
        if (request?.RetryAfter is < 1 or > LongestRetry)
            throw new InvalidInputException(new Diagnostic { Key = "retryAfter", Message = $"{request.RetryAfter} s is no time to ask again after", Found = request.RetryAfter.Value.ToString(CultureInfo.InvariantCulture), Expected = $"1 to {LongestRetry} seconds" });
        var wanted = new Maintenance
        {
            Message = string.IsNullOrWhiteSpace(request?.Message) ? null : request.Message,
            RetryAfter = request?.RetryAfter ?? new Maintenance().RetryAfter,
            Since = time.GetUtcNow(),
            By = context.User.Identity?.Name,
        };
        return await maintenance.Turn(AppName.Parse(app), wanted, cancel) ? TypedResults.Ok(wanted) : TypedResults.Accepted((string?)null, wanted);
    }

    static async Task<Results<NoContent, Accepted>> Off(string app, HttpContext context, MaintenanceSwitch maintenance, CancellationToken cancel) =>
        await maintenance.Turn(AppName.Parse(app), null, cancel, context.User.Identity?.Name) ? TypedResults.NoContent() : TypedResults.Accepted((string?)null);
}
