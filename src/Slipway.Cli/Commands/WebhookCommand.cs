using System.CommandLine;
using System.Globalization;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;
using Slipway.Server.Notifications;

namespace Slipway.Cli.Commands;

/// <summary>Receivers of release events, of an app (--app) or of all apps.</summary>
static class WebhookCommand
{
    const int Tail = 50;

    public static Command Make(CommandContext context)
    {
        var command = context.Command("webhook");
        foreach (var sub in (Command[])[Add(context), List(context), Test(context), Deliveries(context), Resend(context), Enable(context), Remove(context)]) command.Subcommands.Add(sub);
        return command;
    }

    static Command Add(CommandContext context)
    {
        var (command, app) = Of(context, "add");
        var url = new Argument<string>("URL") { Description = context.Texts["webhook add URL"] };
        var name = new Option<string?>("--name") { Description = context.Texts["webhook add --name"], HelpName = "NAME" };
        var events = new Option<string[]>("--event") { Description = context.Texts["webhook add --event"], HelpName = "TYPE" };
        events.CompletionSources.Add([.. ReleaseEvents.All]);
        var format = new Option<string?>("--format") { Description = context.Texts["webhook add --format"], HelpName = "FORMAT" };
        format.CompletionSources.Add("cloudevents", "slack");
        var previews = new Option<bool>("--previews") { Description = context.Texts["webhook add --previews"] };
        var secret = new Option<string?>("--secret-file") { Description = context.Texts["webhook add --secret-file"], HelpName = "FILE" };
        command.Arguments.Add(url);
        foreach (var option in (Option[])[name, events, format, previews, secret]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var request = new ReleaseWebhookRequest
            {
                Url = parsed.GetRequiredValue(url),
                Name = parsed.GetValue(name),
                Events = [.. (parsed.GetValue(events) ?? []).SelectMany(one => one.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))],
                Format = parsed.GetValue(format),
                Previews = parsed.GetValue(previews),
                Secret = parsed.GetValue(secret) is { } file ? (await CertificateCommand.Read(context, file, cancel)).Trim() : null,
            };
            using var api = context.Connect(parsed);
            var hook = await api.AddReleaseWebhook(Named(parsed, app), request, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {hook.Name} gets {What(hook)} of {hook.App ?? "all apps"}{(hook.Previews ? " and previews" : "")}, as {hook.Format}");
            if (request.Secret is null) context.Shell.Out.WriteLine($"  signed with {hook.Secret}  (not shown again)");
        });
        return command;
    }

    static Command List(CommandContext context)
    {
        var (command, app) = Of(context, "ls");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var of = Named(parsed, app);
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(WebhookCalls.Path(of), cancel));
                return;
            }
            var hooks = await api.ReleaseWebhooks(of, cancel);
            if (hooks.Count == 0) context.Shell.Out.WriteLine($"No webhook of {of?.Value ?? "all apps"} yet. For example: slipway webhook add https://ci.example.com/events{(of is { } one ? $" --app {one}" : "")}");
            else Columns.Write(context.Shell.Out, context.Paint, ["NAME", "URL", "FORMAT", "EVENTS", "DELIVERED", "WAITING", "DEAD", "STATE"], hooks.Select(Row));
        });
        return command;
    }

    static Command Test(CommandContext context)
    {
        var (command, app, name) = One(context, "test");
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var trial = await api.TestReleaseWebhook(Named(parsed, app), parsed.GetRequiredValue(name), cancel);
            if (!trial.Accepted) throw new CommandFailedException($"{parsed.GetRequiredValue(name)}: {trial.Error}", ExitCode.Failed);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} answered {trial.Status}");
        });
        return command;
    }

    static Command Deliveries(CommandContext context)
    {
        var (command, app, name) = One(context, "deliveries");
        var state = new Option<string?>("--state") { Description = context.Texts["webhook deliveries --state"], HelpName = "STATE" };
        state.CompletionSources.Add("waiting", "delivered", "dead");
        var tail = new Option<int?>("--tail", "-n") { Description = context.Texts["webhook deliveries --tail"], HelpName = "N" };
        var json = context.Json();
        foreach (var option in (Option[])[state, tail, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var (of, hook, wanted, most) = (Named(parsed, app), parsed.GetRequiredValue(name), parsed.GetValue(state), parsed.GetValue(tail) ?? Tail);
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(WebhookCalls.DeliveriesPath(of, hook, wanted, most), cancel));
                return;
            }
            var deliveries = await api.Deliveries(of, hook, wanted, most, cancel);
            if (deliveries.Count == 0) context.Shell.Out.WriteLine("No deliveries.");
            else Columns.Write(context.Shell.Out, context.Paint, ["EVENT", "TYPE", "APP", "HAPPENED", "STATE", "ATTEMPTS", "ANSWER"], deliveries.Select(Row));
        });
        return command;
    }

    static Command Resend(CommandContext context)
    {
        var (command, app, name) = One(context, "resend");
        var happened = new Argument<long?>("EVENT") { Description = context.Texts["webhook resend EVENT"], Arity = ArgumentArity.ZeroOrOne };
        command.Arguments.Add(happened);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var count = await api.ResendDeliveries(Named(parsed, app), parsed.GetRequiredValue(name), parsed.GetValue(happened), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {Number(count)} {(count == 1 ? "delivery waits" : "deliveries wait")} for {parsed.GetRequiredValue(name)} again");
        });
        return command;
    }

    static Command Enable(CommandContext context)
    {
        var (command, app, name) = One(context, "enable");
        var fromNow = new Option<bool>("--from-now") { Description = context.Texts["webhook enable --from-now"] };
        command.Options.Add(fromNow);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.EnableReleaseWebhook(Named(parsed, app), parsed.GetRequiredValue(name), parsed.GetValue(fromNow), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} gets {(parsed.GetValue(fromNow) ? "what happens from now on" : "all that it has missed")}");
        });
        return command;
    }

    static Command Remove(CommandContext context)
    {
        var (command, app, name) = One(context, "rm");
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveReleaseWebhook(Named(parsed, app), parsed.GetRequiredValue(name), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(name)} is removed");
        });
        return command;
    }

    static (Command, Option<string?> App) Of(CommandContext context, string name)
    {
        var command = context.Command("webhook", name);
        var app = new Option<string?>("--app") { Description = context.Texts["webhook --app"], HelpName = "APP" };
        app.CompletionSources.Add(context.App().CompletionSources[0]);
        command.Options.Add(app);
        return (command, app);
    }

    static (Command, Option<string?> App, Argument<string> Name) One(CommandContext context, string name)
    {
        var (command, app) = Of(context, name);
        var hook = new Argument<string>("NAME") { Description = context.Texts["webhook NAME"] };
        command.Arguments.Add(hook);
        return (command, app, hook);
    }

    static AppName? Named(ParseResult parsed, Option<string?> app) => parsed.GetValue(app) is { } name ? CommandContext.Name(name) : null;

    static string What(ReleaseWebhook hook) => hook.Events.Count == 0 ? "all events" : string.Join(", ", hook.Events);

    static string[] Row(ReleaseWebhook hook) =>
    [
        hook.Name, hook.Url, hook.Format, hook.Events.Count == 0 ? "all" : string.Join(",", hook.Events), Number(hook.Delivered), Number(hook.Waiting), Number(hook.Dead),
        hook.Disabled is { } why ? $"disabled: {Readable.Line(why)}" : hook.Failures > 0 ? $"failing ({hook.Failures}x): {Readable.Line(hook.Error ?? "")}" : "ok",
    ];

    static string[] Row(ReleaseDelivery delivery) =>
    [
        Number(delivery.Event), delivery.Type, delivery.App ?? "all apps", delivery.Time.ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture), delivery.State, Number(delivery.Attempts),
        delivery.Error is { } error ? Readable.Line(error) : delivery.Status is { } status ? Number(status) : "-",
    ];

    static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
