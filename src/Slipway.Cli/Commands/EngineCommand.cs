using System.CommandLine;
using Slipway.Cli.Installing;
using Slipway.Cli.Supervising;

namespace Slipway.Cli.Commands;

/// <summary>The engine part of 'slipway up', for operators.</summary>
static class EngineCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("engine");
        var start = context.Command("engine", "start");
        start.SetAction(async (parsed, cancel) =>
        {
            var folder = context.DataFolderOf(parsed);
            folder.Prepare();
            var address = context.Shell.Variable("DOCKER_HOST") ?? UpSettings.Find(folder)?.DockerHost;
            var started = await new EngineInstaller(folder, address, context.Shell.Out, TimeProvider.System).EnsureRunning(cancel);
            context.Shell.Out.WriteLine(started ? "The Docker Engine is up." : "A Docker Engine is already up.");
        });
        command.Subcommands.Add(start);
        return command;
    }
}
