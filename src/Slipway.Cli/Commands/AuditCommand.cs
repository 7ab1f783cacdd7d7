using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Cli.Commands;

/// <summary>The audit log: who did what, and when; the newest first.</summary>
static class AuditCommand
{
    const int Page = 1000;
    static readonly JsonSerializerOptions Readably = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Command Make(CommandContext context)
    {
        var command = context.Command("audit");
        var project = Text(context, "--project", "PROJECT");
        var repository = Text(context, "--repository", "REPOSITORY");
        var account = Text(context, "--account", "ACCOUNT");
        var action = Text(context, "--action", "ACTION");
        var since = Text(context, "--since", "WHEN");
        var until = Text(context, "--until", "WHEN");
        var limit = new Option<int>("--limit", "-n") { Description = context.Texts["audit --limit"], HelpName = "N", DefaultValueFactory = _ => 100 };
        var json = context.Json();
        foreach (var option in (Option[])[project, repository, account, action, since, until, limit, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            if (parsed.GetValue(limit) < 1) throw new CommandFailedException("--limit: expected 1 or more.", ExitCode.BadInput);
            var now = DateTimeOffset.UtcNow;
            var query = new AuditQuery
            {
                Project = parsed.GetValue(project),
                Repository = parsed.GetValue(repository),
                Actor = parsed.GetValue(account),
                Action = parsed.GetValue(action),
                Since = parsed.GetValue(since) is { } from ? Since.Parse(from, now) : null,
                Until = parsed.GetValue(until) is { } to ? Since.Parse(to, now, "--until") : null,
            };
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json)) context.WriteJson(await Documents(api, query, parsed.GetValue(limit), cancel));
            else Write(context, await Events(api, query, parsed.GetValue(limit), cancel), parsed.GetValue(limit));
        });
        return command;
    }

    static Option<string?> Text(CommandContext context, string name, string value) => new(name) { Description = context.Texts["audit " + name], HelpName = value };

    static async Task<List<RegistryEvent>> Events(ApiClient api, AuditQuery query, int limit, CancellationToken cancel)
    {
        var all = new List<RegistryEvent>();
        while (all.Count < limit)
        {
            var asked = Math.Min(Page, limit - all.Count);
            var page = await api.Audit(query with { Limit = asked, Before = all.Count > 0 ? all[^1].Id : null }, cancel);
            all.AddRange(page);
            if (page.Count < asked) break;
        }
        return all;
    }

    static async Task<string> Documents(ApiClient api, AuditQuery query, int limit, CancellationToken cancel)
    {
        var all = new JsonArray();
        while (all.Count < limit)
        {
            var asked = Math.Min(Page, limit - all.Count);
            var page = await api.AuditDocument(query with { Limit = asked, Before = all.Count > 0 ? all[^1]!["id"]!.GetValue<long>() : null }, cancel);
            var whole = page.Count == asked;
            foreach (var one in page.ToList())
            {
                page.Remove(one);
                all.Add(one);
            }
            if (!whole) break;
        }
        return all.ToJsonString(Readably);
    }

    static void Write(CommandContext context, List<RegistryEvent> events, int limit)
    {
        if (events.Count == 0)
        {
            context.Shell.Out.WriteLine("Nothing that matches is in the audit log.");
            return;
        }
        Columns.Write(context.Shell.Out, context.Paint, ["TIME (UTC)", "ACCOUNT", "FROM", "ACTION", "WHAT", "DETAIL"], events.Select(one => (string[])
        [
            one.Time.ToUniversalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), Readable.Line(one.Actor), one.Address ?? "-", $"{one.Action} {one.Target}",
            What(one), Readable.Line(one.Detail ?? ""),
        ]));
        if (events.Count == limit) context.Shell.Out.WriteLine(context.Paint.Dim("There may be more: --limit, --until"));
    }

    static string What(RegistryEvent one) => Readable.Line(
        one.Repository is null ? "-" : one.Tag is { } tag ? $"{one.Repository}:{tag}" : one.Digest is { Length: > 19 } digest ? $"{one.Repository}@{digest[..19]}" : one.Repository);
}
