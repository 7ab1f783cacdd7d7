using System.CommandLine;
using Slipway.Cli.Supervising;

namespace Slipway.Cli.Commands;

static class DownCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("down");
        var apps = new Option<bool>("--apps") { Description = context.Texts["down --apps"] };
        var engine = new Option<bool>("--engine") { Description = context.Texts["down --engine"] };
        command.Options.Add(apps);
        command.Options.Add(engine);
        command.SetAction(async (parsed, cancel) =>
        {
            var (folder, output) = (context.DataFolderOf(parsed), context.Shell.Out);
            var address = UpSettings.Find(folder)?.DockerHost;
            var down = new Down(output, TimeProvider.System);
            var any = await down.StopProcesses(folder, cancel);
            if (parsed.GetValue(apps)) any |= await down.StopApps(address, cancel);
            if (parsed.GetValue(engine)) any |= await down.StopEngine(folder, cancel);
            output.WriteLine(!any ? $"Nothing of {folder.Path} was running." : parsed.GetValue(apps) ? "Slipway is down." : "Slipway is down. The apps' instances run on, without a gateway.");
        });
        return command;
    }
}
