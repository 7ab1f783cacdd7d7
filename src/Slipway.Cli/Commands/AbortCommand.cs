using System.CommandLine;

namespace Slipway.Cli.Commands;

static class AbortCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("abort");
        var app = context.App();
        var json = context.Json();
        var past = new Option<bool>("--past-one-way") { Description = context.Texts["--past-one-way"] };
        command.Arguments.Add(app);
        command.Options.Add(past);
        command.Options.Add(json);
        command.SetAction((parsed, cancel) =>
            TurnOfTraffic.Run(context, parsed, parsed.GetRequiredValue(app), parsed.GetValue(json), (api, name) => api.Abort(name, cancel, parsed.GetValue(past)), cancel, aborting: true));
        return command;
    }
}
