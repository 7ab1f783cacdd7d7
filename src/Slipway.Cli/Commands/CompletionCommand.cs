using System.CommandLine;
using Slipway.Cli.Completing;

namespace Slipway.Cli.Commands;

static class CompletionCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("completion");
        var shell = new Argument<string>("SHELL") { Description = context.Texts["completion SHELL"] };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        command.Arguments.Add(shell);
        command.SetAction(parsed => context.Shell.Out.Write(CompletionScripts.For(parsed.GetRequiredValue(shell))));
        return command;
    }
}
