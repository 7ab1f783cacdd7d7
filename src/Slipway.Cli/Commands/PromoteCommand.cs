using System.CommandLine;

namespace Slipway.Cli.Commands;

static class PromoteCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("promote");
        var app = context.App();
        var json = context.Json();
        command.Arguments.Add(app);
        command.Options.Add(json);
        command.SetAction((parsed, cancel) =>
            TurnOfTraffic.Run(context, parsed, parsed.GetRequiredValue(app), parsed.GetValue(json), (api, name) => api.Promote(name, cancel), cancel));
        return command;
    }
}
