using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>Previews of an app, which 'deploy --preview' makes.</summary>
static class PreviewCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("preview");
        foreach (var sub in (Command[])[List(context), Show(context), Extend(context), Remove(context)]) command.Subcommands.Add(sub);
        return command;
    }

    static Command List(CommandContext context)
    {
        var command = context.Command("preview", "ls");
        var (app, json) = (context.App(), context.Json());
        command.Arguments.Add(app);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var of = CommandContext.Name(parsed.GetRequiredValue(app));
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(PreviewCalls.Path(of), cancel));
            else PreviewPage.WriteList(context.Shell.Out, context.Paint, of, await api.Previews(of, cancel), TimeProvider.System.GetUtcNow());
        });
        return command;
    }

    static Command Show(CommandContext context)
    {
        var command = context.Command("preview", "show");
        var (app, name, json) = (context.App(), Name(context), context.Json());
        command.Arguments.Add(app);
        command.Arguments.Add(name);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var of = CommandContext.Name(parsed.GetRequiredValue(app));
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(PreviewCalls.Path(of, parsed.GetRequiredValue(name)), cancel));
            else PreviewPage.Write(context.Shell.Out, context.Paint, await api.Preview(of, parsed.GetRequiredValue(name), cancel), TimeProvider.System.GetUtcNow());
        });
        return command;
    }

    static Command Extend(CommandContext context)
    {
        var command = context.Command("preview", "extend");
        var (app, name) = (context.App(), Name(context));
        var lasts = new Option<string>("--for") { Description = context.Texts["preview extend --for"], HelpName = "TIME", Required = true };
        command.Arguments.Add(app);
        command.Arguments.Add(name);
        command.Options.Add(lasts);
        command.SetAction(async (parsed, cancel) =>
        {
            var of = CommandContext.Name(parsed.GetRequiredValue(app));
            Time(parsed.GetRequiredValue(lasts));
            using var api = context.Connect(parsed);
            var preview = (await api.ExtendPreview(of, parsed.GetRequiredValue(name), parsed.GetRequiredValue(lasts), cancel)).Preview!;
            context.Shell.Out.WriteLine($"The preview {preview.Name} of {of} is removed {PreviewPage.End(preview, TimeProvider.System.GetUtcNow())}.");
        });
        return command;
    }

    static Command Remove(CommandContext context)
    {
        var command = context.Command("preview", "rm");
        var (app, name) = (context.App(), Name(context));
        var yes = new Option<bool>("--yes", "-y") { Description = context.Texts["remove --yes"] };
        command.Arguments.Add(app);
        command.Arguments.Add(name);
        command.Options.Add(yes);
        command.SetAction(async (parsed, cancel) =>
        {
            var (of, called) = (CommandContext.Name(parsed.GetRequiredValue(app)), parsed.GetRequiredValue(name));
            using var api = context.Connect(parsed);
            if (!parsed.GetValue(yes) && !RemoveCommand.Confirmed(context.Shell, $"Remove the preview {called} of {of} with the data in its volumes?"))
            {
                context.Shell.Out.WriteLine("Nothing was removed.");
                return ExitCode.Failed;
            }
            await api.RemovePreview(of, called, cancel);
            context.Shell.Out.WriteLine($"The preview {called} of {of} is removed, with its volumes and images.");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>A length of time, checked before anything is asked of a server.</summary>
    public static string Time(string text) => Durations.TryParse(text, out _) ? text
        : throw new InvalidInputException(new Diagnostic { Key = "--for", Message = $"'{text}' is no length of time", Found = text, Expected = Slipway.Releases.Previews.ExpectedTime });

    static Argument<string> Name(CommandContext context)
    {
        var argument = new Argument<string>("NAME") { Description = context.Texts["preview NAME"] };
        argument.CompletionSources.Add(completion => context.Known(completion.ParseResult, async (api, soon) =>
            AppName.TryParse(completion.ParseResult.GetValue<string>("APP"), out var of) ? (await api.Previews(of, soon)).Select(preview => preview.Preview!.Name) : []));
        return argument;
    }
}
