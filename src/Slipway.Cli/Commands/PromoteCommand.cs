using System.CommandLine;
using Slipway.Cli.Api;

namespace Slipway.Cli.Commands;

static class PromoteCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("promote");
        var app = context.App();
        var json = context.Json();
        command.Arguments.Add(app);
        var toStep = new Option<int?>("--to-step") { Description = context.Texts["promote --to-step"], HelpName = "N" };
        command.Options.Add(toStep);
        command.Options.Add(json);
        command.SetAction((parsed, cancel) =>
            TurnOfTraffic.Run(context, parsed, parsed.GetRequiredValue(app), parsed.GetValue(json), (api, name) => api.Promote(name, cancel, parsed.GetValue(toStep)), cancel));
        return command;
    }
}
