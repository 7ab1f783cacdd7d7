using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>
/// What a deploy would do, on a page:
/// <code>
/// shop  v3 -> v4, blue-green
///
///   ~ web     replaced
///       image                  shop/web:1 -> shop/web:2
///       environment.LOG_LEVEL  info -> debug
///   = redis   runs on
///   + www.example.com/         web
///
/// What happens
///   1. shop/web:2 for web is fetched
/// </code>
/// </summary>
static class PlanPage
{
    public static void Write(TextWriter output, Paint paint, DeployPlan plan)
    {
        if (plan.Outcome == PlanOutcome.Nothing)
            output.WriteLine($"{paint.Green("✔")} Nothing would change: {plan.App} v{plan.Live} is what the files say.");
        else
        {
            output.WriteLine($"{paint.Bold($"{plan.App}  {(plan.Live is { } live ? $"v{live} → v{plan.Next}" : $"v{plan.Next}, its first release")}")}, {Word(plan.Strategy)}");
            output.WriteLine();
            var width = plan.Services.Select(s => s.Service.Length).DefaultIfEmpty(0).Max();
            foreach (var service in plan.Services) Write(output, paint, service, width);
            WriteRest(output, paint, plan);
            output.WriteLine();
            output.WriteLine(paint.Bold("What happens"));
            foreach (var (step, i) in plan.Order.Select((step, i) => (step, i + 1))) output.WriteLine($"{i,3}. {Readable.Line(step)}");
        }
        if (plan.Notes.Count + plan.Blockers.Count > 0) output.WriteLine();
        foreach (var note in plan.Notes) output.WriteLine($"{paint.Yellow("!")} {Readable.Line(note)}");
        foreach (var blocker in plan.Blockers) output.WriteLine($"{paint.Red("✘")} A deploy would be refused now: {Readable.Line(blocker)}");
    }

    static void Write(TextWriter output, Paint paint, PlannedService service, int width)
    {
        var (mark, does) = service.Action switch
        {
            PlannedAction.Create => (paint.Green("+"), service.IsBuilt ? "new, built here" : "new"),
            PlannedAction.Replace => (paint.Yellow("~"), $"replaced{(service.IsBuilt ? ", built anew" : "")}{Because(service)}"),
            PlannedAction.Restart => (paint.Yellow("~"), $"stopped and started anew at the switch{(service.IsBuilt ? ", built before" : "")}{Because(service)}"),
            PlannedAction.Perhaps when service.IsBuilt => (paint.Yellow("?"), "built; replaced if its image comes out different"),
            PlannedAction.Perhaps => (paint.Yellow("?"), $"replaced if {string.Join(" or ", service.Because)} is, on which it depends"),
            PlannedAction.Remove => (paint.Red("-"), "goes"),
            _ => (paint.Dim("="), service.Changes.Count == 0 ? "runs on" : "runs on, its instances stay"),
        };
        output.WriteLine($"  {mark} {service.Service.PadRight(width)}  {does}");
        var changes = service.Action == PlannedAction.Create ? [] : service.Changes;
        var keys = changes.Select(c => c.Key.Length).DefaultIfEmpty(0).Max();
        foreach (var change in changes) output.WriteLine($"      {change.Key.PadRight(keys)}  {Values(paint, change)}");
    }

    static void WriteRest(TextWriter output, Paint paint, DeployPlan plan)
    {
        var rows = plan.Places.Select(p => (p.Before, p.After, Text: p.Place, Of: p is { Before: { } from, After: { } to } ? $"{from} → {to}" : p.After ?? p.Before!))
            .Concat(plan.Changes.Select(c => (c.Before, c.After, Text: c.Key.Replace("networks.", "network ", StringComparison.Ordinal).Replace("volumes.", "volume ", StringComparison.Ordinal), Of: c is { Before: { } was, After: { } now } ? $"{was} → {now}" : "")))
            .ToList();
        if (rows.Count == 0) return;
        output.WriteLine();
        var width = rows.Max(r => r.Text.Length);
        foreach (var row in rows)
            output.WriteLine($"  {(row.Before is null ? paint.Green("+") : row.After is null ? paint.Red("-") : paint.Yellow("~"))} {row.Text.PadRight(width)}  {row.Of}".TrimEnd());
    }

    static string Because(PlannedService service) => service.Because.Count > 0 && service.Changes.All(c => c.Kind is ChangeKind.Release or ChangeKind.Build)
        ? $": it depends on {string.Join(" and ", service.Because)}" : "";

    static string Values(Paint paint, ModelChange change) =>
        change is { IsSecret: true, Before: not null, After: not null } && change.Before == change.After ? $"changed {paint.Dim($"({Readable.Value(change.After)})")}"
        : change.Before is null ? paint.Green($"+ {Readable.Value(change.After!)}")
        : change.After is null ? $"{paint.Red("-")} {Readable.Value(change.Before)}"
        : $"{Readable.Value(change.Before)} → {Readable.Value(change.After)}";

    static string Word(Strategy strategy) => strategy switch
    {
        Strategy.BlueGreen => "blue-green",
        Strategy.Ab => "experiment",
        var other => other.ToString().ToLowerInvariant(),
    };
}
