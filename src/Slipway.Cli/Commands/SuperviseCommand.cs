using System.CommandLine;
using Slipway.Cli.Supervising;

namespace Slipway.Cli.Commands;

/// <summary>The process that 'slipway up' leaves behind. Not for people.</summary>
static class SuperviseCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("supervise");
        command.Hidden = true;
        command.SetAction((parsed, cancel) =>
        {
            var folder = context.DataFolderOf(parsed);
            var settings = UpSettings.Find(folder) ?? throw new CommandFailedException($"Nothing was brought up on {folder.Path} yet: slipway up --data {folder.Path}");
            return new Supervisor(folder, settings, SlipwayProgram.Executable, context.Shell.Out, TimeProvider.System).Run(cancel);
        });
        return command;
    }
}
