using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Model;

namespace Slipway.Cli.Commands;

static class RemoveCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("remove");
        var app = context.App();
        var volumes = new Option<bool>("--volumes") { Description = context.Texts["remove --volumes"] };
        var yes = new Option<bool>("--yes", "-y") { Description = context.Texts["remove --yes"] };
        command.Arguments.Add(app);
        command.Options.Add(volumes);
        command.Options.Add(yes);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = CommandContext.Name(parsed.GetRequiredValue(app));
            var withVolumes = parsed.GetValue(volumes);
            using var api = context.Connect(parsed);
            if (!parsed.GetValue(yes) && !Confirmed(context.Shell, $"Remove {name} with all its releases{(withVolumes ? " and the data in its volumes" : "")}{(context.Shell.CanAsk ? await Previews(api, name, cancel) : "")}?"))
            {
                context.Shell.Out.WriteLine("Nothing was removed.");
                return ExitCode.Failed;
            }
            await api.Remove(name, withVolumes, cancel);
            context.Shell.Out.WriteLine($"{name} is removed.{(withVolumes ? "" : " Its volumes are kept.")}");
            return ExitCode.Done;
        });
        return command;
    }

    /// <summary>They go with the app, and nobody should find that out afterwards.</summary>
    static async Task<string> Previews(ApiClient api, AppName app, CancellationToken cancel) => (await api.Previews(app, cancel)).Count switch
    {
        0 => "",
        1 => ", and its preview with its volumes",
        var count => $", and its {count} previews with their volumes",
    };

    /// <summary>Asks on a terminal; where nobody is there, the command is misused without --yes.</summary>
    public static bool Confirmed(Shell shell, string question)
    {
        if (!shell.CanAsk) throw new CommandFailedException("Nobody is there to be asked: give --yes to remove without a question.", ExitCode.BadInput);
        shell.Out.Write($"{question} [y/N] ");
        return shell.In.ReadLine()?.Trim() is "y" or "Y" or "yes";
    }
}
