using Slipway.Engines;
using Slipway.Model;
using Slipway.Releases;
using Slipway.Server.Apps;
using Slipway.Server.Logs;
using Slipway.Server.Members;

namespace Slipway.Server.Api;

static class LogsApi
{
    const int MostTail = 1_000_000;

    public static void MapLogs(this IEndpointRouteBuilder api) =>
        api.MapGet("/apps/{app}/logs", Read).WithName("ReadLogs").Needs(AppActions.View).WithTags("Apps").Errors(400, 403, 404, 502, 503)
            .WithSummary("Read what an app's instances write")
            .WithDescription("""
                One LogLine a line (application/x-ndjson), merged over the instances in the order of their times.
                service: only this one's. since: a time (RFC 3339) or how long ago (90s, 10m, 2h, 1d). tail: only the last so many lines of each instance.
                follow=true goes on until the client ends it, and joins instances that are started meanwhile.
                """);

    static async Task<Ndjson<LogLine>> Read(string app, AppLogs logs, ReleaseQueries releases, TimeProvider time, CancellationToken cancel,
        string? service = null, bool follow = false, string? since = null, int? tail = null)
    {
        var name = AppName.Parse(app);
        if (tail is < 0 or > MostTail)
            throw new InvalidInputException(new Diagnostic { Message = $"{tail} is no number of lines", Key = "tail", Found = $"{tail}", Expected = $"0 to {MostTail}" });
        var query = new LogQuery { Follow = follow, Since = Since.Parse(since, time.GetUtcNow()), Tail = tail };
        var status = releases.Require(name);
        if (service is not null && status.Services.All(s => s.Service != service))
            throw new NotFoundException($"{name} has no service '{service}'; it has {string.Join(", ", status.Services.Select(s => s.Service))}.");
        return new(await logs.Read(name, service, query, cancel), ApiJson.Default.LogLine);
    }
}
