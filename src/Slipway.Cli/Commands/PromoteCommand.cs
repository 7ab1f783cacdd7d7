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
        var (despiteFreeze, despiteApprovals) = (context.DespiteFreeze(), context.DespiteApprovals());
        foreach (var option in (Option[])[toStep, despiteFreeze, despiteApprovals]) command.Options.Add(option);
        command.Options.Add(json);
        command.SetAction((parsed, cancel) =>
            TurnOfTraffic.Run(context, parsed, parsed.GetRequiredValue(app), parsed.GetValue(json), (api, name) => api.Promote(name, cancel, parsed.GetValue(toStep), parsed.GetValue(despiteFreeze), parsed.GetValue(despiteApprovals)), cancel));
        return command;
    }
}
