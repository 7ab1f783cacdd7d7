using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Notifications;

namespace Slipway.Cli.Commands;

/// <summary>Receivers of the registry's events.</summary>
static class RegistryWebhookCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("registry", "webhook");
        command.Subcommands.Add(MakeAdd(context));
        command.Subcommands.Add(MakeList(context));
        command.Subcommands.Add(MakeTest(context));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Command MakeAdd(CommandContext context)
    {
        var command = context.Command("registry webhook", "add");
        var name = new Argument<string>("NAME") { Description = context.Texts["registry webhook add NAME"] };
        var url = new Argument<string>("URL") { Description = context.Texts["registry webhook add URL"] };
        var project = new Option<string?>("--project") { Description = context.Texts["registry webhook add --project"], HelpName = "PROJECT" };
        var actions = new Option<string[]>("--action") { Description = context.Texts["registry webhook add --action"], HelpName = "ACTION" };
        command.Arguments.Add(name);
        command.Arguments.Add(url);
        command.Options.Add(project);
        command.Options.Add(actions);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var hook = await api.AddWebhook(
                new WebhookRequest { Name = parsed.GetRequiredValue(name), Url = parsed.GetRequiredValue(url), Project = parsed.GetValue(project), Actions = parsed.GetValue(actions) ?? [] },
                cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {hook.Name} gets {string.Join(", ", hook.Actions)} of {hook.Project ?? "all projects"}");
            context.Shell.Out.WriteLine($"  signed with {hook.Secret}  (not shown again)");
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("registry webhook", "list");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(RegistryWebhookCalls.Path, cancel));
                return;
            }
            var hooks = await api.Webhooks(cancel);
            if (hooks.Count == 0) context.Shell.Out.WriteLine("No webhook yet. For example: slipway registry webhook add ci https://ci.example.com/events");
            else Columns.Write(context.Shell.Out, context.Paint, ["NAME", "URL", "PROJECT", "EVENTS", "DELIVERED", "WAITING", "STATE"], hooks.Select(Row));
        });
        return command;
    }

    static Command MakeTest(CommandContext context)
    {
        var command = context.Command("registry webhook", "test");
        var name = new Argument<string>("NAME") { Description = context.Texts["registry webhook NAME"] };
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var trial = await api.TestWebhook(parsed.GetRequiredValue(name), cancel);
            if (!trial.Accepted) throw new CommandFailedException($"{parsed.GetRequiredValue(name)}: {trial.Error}", ExitCode.Failed);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} answered {trial.Status}");
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("registry webhook", "remove");
        var name = new Argument<string>("NAME") { Description = context.Texts["registry webhook NAME"] };
        command.Arguments.Add(name);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveWebhook(parsed.GetRequiredValue(name), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} is removed");
        });
        return command;
    }

    static string[] Row(WebhookStatus hook) =>
    [
        hook.Name, hook.Url, hook.Project ?? "all", string.Join(",", hook.Actions), Number(hook.Delivered), Number(hook.Waiting),
        hook.Failures > 0 ? $"failing ({hook.Failures}x): {hook.Error}" : hook.Dropped > 0 ? $"ok, {hook.Dropped} dropped" : "ok",
    ];

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
