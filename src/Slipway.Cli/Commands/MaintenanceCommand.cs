using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>'maintenance on' and 'off'.</summary>
static class MaintenanceCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("maintenance");
        command.Subcommands.Add(On(context));
        command.Subcommands.Add(Off(context));
        return command;
    }

    static Command On(CommandContext context)
    {
        var command = context.Command("maintenance", "on");
        var app = context.App();
        var message = new Option<string?>("--message") { Description = context.Texts["maintenance --message"], HelpName = "TEXT" };
        var retry = new Option<string?>("--retry-after") { Description = context.Texts["maintenance --retry-after"], HelpName = "TIME" };
        command.Arguments.Add(app);
        command.Options.Add(message);
        command.Options.Add(retry);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = CommandContext.Name(parsed.GetRequiredValue(app));
            int? seconds = parsed.GetValue(retry) is { } text ? Seconds(text) : null;
            using var api = context.Connect(parsed);
            var isInForce = await api.BeginMaintenance(name, parsed.GetValue(message), seconds, cancel);
            context.Shell.Out.WriteLine(isInForce ? $"{name} is under maintenance: its requests are answered 503." : $"{name} will be under maintenance as soon as a gateway takes its routes.");
            context.Shell.Out.WriteLine($"To serve it again: slipway maintenance off {name}");
        });
        return command;
    }

    static Command Off(CommandContext context)
    {
        var command = context.Command("maintenance", "off");
        var app = context.App();
        command.Arguments.Add(app);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = CommandContext.Name(parsed.GetRequiredValue(app));
            using var api = context.Connect(parsed);
            var isInForce = await api.EndMaintenance(name, cancel);
            context.Shell.Out.WriteLine(isInForce ? $"{name} is served again." : $"{name} will be served again as soon as a gateway takes its routes.");
        });
        return command;
    }

    static int Seconds(string text) => Durations.TryParse(text, out var time) && time.TotalSeconds is >= 1 and <= 86_400 ? (int)time.TotalSeconds : throw new InvalidInputException(new Diagnostic
    {
        Key = "--retry-after",
        Message = $"'{text}' is no time to ask again after",
        Found = text,
        Expected = "1s to 1d, for example 10m",
    });
}
