using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>'freeze' and 'unfreeze': an app, or everything.</summary>
static class FreezeCommand
{
    public static Command MakeFreeze(CommandContext context)
    {
        var command = context.Command("freeze");
        var (app, all) = Place(context);
        var reason = new Option<string>("--reason") { Description = context.Texts["freeze --reason"], HelpName = "TEXT", Required = true };
        var until = new Option<string?>("--until") { Description = context.Texts["freeze --until"], HelpName = "TIME" };
        var length = new Option<string?>("--for") { Description = context.Texts["freeze --for"], HelpName = "TIME" };
        command.Arguments.Add(app);
        foreach (var option in (Option[])[all, reason, until, length]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = Named(parsed.GetValue(app), parsed.GetValue(all));
            var end = End(parsed.GetValue(until), parsed.GetValue(length));
            using var api = context.Connect(parsed);
            var freeze = await api.Freeze(name, parsed.GetRequiredValue(reason), end, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {FreezePicture.Text(freeze, name)}");
            context.Shell.Out.WriteLine($"To lift it: slipway unfreeze {name?.ToString() ?? "--all"}");
        });
        return command;
    }

    public static Command MakeUnfreeze(CommandContext context)
    {
        var command = context.Command("unfreeze");
        var (app, all) = Place(context);
        command.Arguments.Add(app);
        command.Options.Add(all);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = Named(parsed.GetValue(app), parsed.GetValue(all));
            using var api = context.Connect(parsed);
            await api.Unfreeze(name, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {name?.ToString() ?? "The platform"} is not frozen any more.");
        });
        return command;
    }

    static (Argument<string?> App, Option<bool> All) Place(CommandContext context)
    {
        var app = new Argument<string?>("APP") { Description = context.Texts["APP"], Arity = ArgumentArity.ZeroOrOne };
        app.CompletionSources.Add(context.App().CompletionSources[0]);
        return (app, new Option<bool>("--all") { Description = context.Texts["freeze --all"] });
    }

    static AppName? Named(string? app, bool all) => (app, all) switch
    {
        (null, true) => null,
        ({ } one, false) => CommandContext.Name(one),
        _ => throw new InvalidInputException(new Diagnostic { Key = "APP", Message = all ? "an app and --all exclude each other" : "it is not said what is meant", Expected = "an app's name, or --all" }),
    };

    static DateTimeOffset? End(string? until, string? length)
    {
        if (until is not null && length is not null)
            throw new InvalidInputException(new Diagnostic { Key = "--for", Message = "--until and --for exclude each other", Found = length, Expected = "one of them" });
        var now = TimeProvider.System.GetUtcNow();
        return until is not null ? Since.ParseEnd(until, now, "--until") : length is not null ? now + Since.ParseAge(length, "--for") : null;
    }
}
