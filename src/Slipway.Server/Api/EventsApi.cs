using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Auth;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class EventsApi
{
    public static void MapEvents(this IEndpointRouteBuilder api) =>
        api.MapGet("/events", Read).WithName("ReadEvents").WithTags("Events").Errors(400).RequireAuthorization(Credentials.AnyAccount)
            .WithSummary("What happened to the apps' releases")
            .WithDescription("One ReleaseEvent a line (application/x-ndjson), in the order in which it was stored, of the apps that the account may see: from the identifier 'from' on, or the last 'tail'; of one 'app' only. follow=true goes on until the client ends it. After a broken connection go on with 'from' one higher than the last identifier.");

    static Ndjson<ReleaseEvent> Read(ReleaseEventLog log, AppAccess access, HttpContext context, CancellationToken cancel, long? from = null, int? tail = null, string? app = null, bool follow = false)
    {
        AppName? one = app is null ? null : AppName.Parse(app);
        if (one is { } named) access.Require(context, named, AppActions.View);
        if (tail is < 0) throw new InvalidInputException(new Diagnostic { Key = "tail", Message = $"{tail} is no number of events", Found = $"{tail}", Expected = "0 or more" });
        var begin = from ?? (tail is { } last ? log.FirstOfLast(last, one) : 0);
        // Asked anew for each event: a role may be taken while it is followed.
        return new(log.Read(begin, one, follow, cancel).Where(happened => happened.App is not { } of || access.May(context, of, AppActions.View)), ModelJson.Default.ReleaseEvent);
    }
}
