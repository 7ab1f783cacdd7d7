using System.CommandLine;
using Slipway.Cli.Following;

namespace Slipway.Cli.Commands;

static class WatchCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("watch");
        var app = context.App();
        var json = new Option<bool>("--json") { Description = context.Texts["watch --json"] };
        command.Arguments.Add(app);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            return await new CanaryWatch(context.Shell, api, TimeProvider.System, parsed.GetValue(json)).Run(CommandContext.Name(parsed.GetRequiredValue(app)), cancel);
        });
        return command;
    }
}
