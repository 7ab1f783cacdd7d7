using System.CommandLine;

namespace Slipway.Cli.Commands;

/// <summary>Projects of the registry.</summary>
static class ProjectCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("project");
        command.Subcommands.Add(ProjectRulesCommand.Make(context));
        return command;
    }
}
