using System.CommandLine;

namespace Slipway.Cli.Commands;

/// <summary>'pause' and 'resume': of a canary, at once.</summary>
static class PauseCommand
{
    public static Command MakePause(CommandContext context) => Make(context, "pause", resume: false);

    public static Command MakeResume(CommandContext context) => Make(context, "resume", resume: true);

    static Command Make(CommandContext context, string name, bool resume)
    {
        var command = context.Command(name);
        var app = context.App();
        var json = context.Json();
        command.Arguments.Add(app);
        command.Options.Add(json);
        command.SetAction((parsed, cancel) => TurnOfTraffic.Run(
            context, parsed, parsed.GetRequiredValue(app), parsed.GetValue(json),
            (api, app) => resume ? Api.CanaryCalls.Resume(api, app, cancel) : Api.CanaryCalls.Pause(api, app, cancel), cancel));
        return command;
    }
}
