using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>Previews as people read them.</summary>
static class PreviewPage
{
    public static void WriteList(TextWriter output, Paint paint, AppName of, IReadOnlyList<AppStatus> previews, DateTimeOffset now)
    {
        if (previews.Count == 0)
        {
            output.WriteLine($"{of} has no preview. In the folder of a branch: slipway deploy --app {of} --preview NAME");
            return;
        }
        Columns.Write(output, paint, ["PREVIEW", "BRANCH", "LIVE", "READY", "ROLLOUT", "REMOVED", "URL"], previews.Select(app => (string[])
        [
            app.Preview!.Name, Readable.Line(app.Preview.Branch), app.Live is { } live ? $"v{live}" : "-",
            Readable.Ready(app.Services),
            app.Rollout is { } rollout ? Readable.State(rollout.State) : "-", In(app.Preview, now), string.Join(' ', app.Urls),
        ]));
    }

    public static void Write(TextWriter output, Paint paint, AppStatus app, DateTimeOffset now)
    {
        var preview = app.Preview!;
        output.WriteLine($"{paint.Bold(preview.Name)}, a preview of {preview.Of}{(preview.Branch == preview.Name ? "" : $" from {Readable.Line(preview.Branch)}")}");
        foreach (var url in app.Urls) Line("url", url);
        Line("made", $"{Moment(preview.Created)}{(preview.By is { } by ? $" by {Readable.Line(by)}" : "")}");
        Line("removed", End(preview, now));
        Line("app", $"{app.App}{(app.Live is { } live ? $" v{live}" : "")}, for slipway logs, ps, rollback");
        if (app.Rollout is { } rollout) Line("rollout", $"{rollout.Id}, {Readable.State(rollout.State)}{(rollout.Error is { } why ? $": {Readable.Line(why.Split('\n')[0])}" : "")}");
        foreach (var service in app.Services) Line("service", $"{service.Service} v{service.Release} {Readable.Ready([service])}{(service.Files is null ? " ready" : "")}");

        void Line(string name, string text) => output.WriteLine($"  {name,-9}{text}");
    }

    /// <summary>2026-12-06 03:04 UTC, in 7 days</summary>
    public static string End(PreviewStatus preview, DateTimeOffset now) => $"{Moment(preview.Expires)}, {In(preview, now)}";

    static string In(PreviewStatus preview, DateTimeOffset now) => preview.Expires <= now ? "now" : $"in {Readable.Duration(RoundedUp(preview.Expires - now))}";

    /// <summary>What was just given for 7 days says 7 days, not 6.</summary>
    static TimeSpan RoundedUp(TimeSpan time)
    {
        var unit = time.TotalHours >= 24 ? TimeSpan.FromHours(1) : TimeSpan.FromMinutes(1);
        return new TimeSpan((time.Ticks + unit.Ticks - 1) / unit.Ticks * unit.Ticks);
    }

    static string Moment(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
