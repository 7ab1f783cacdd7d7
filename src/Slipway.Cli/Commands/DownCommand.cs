using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Supervising;
using Slipway.Model;

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
            // Which apps are this folder's only its server knows, so that it is asked while it runs.
            var names = parsed.GetValue(apps) ? await Names(context, parsed, cancel) : [];
            var down = new Down(output, TimeProvider.System);
            var any = await down.StopProcesses(folder, cancel);
            await down.StopApps(names, address, cancel);
            if (parsed.GetValue(engine)) any |= await down.StopEngine(folder, cancel);
            output.WriteLine(!any ? $"Nothing of {folder.Path} was running." : parsed.GetValue(apps) ? "Slipway is down." : "Slipway is down. The apps' instances run on, without a gateway.");
        });
        return command;
    }

    static async Task<IReadOnlyList<AppName>> Names(CommandContext context, ParseResult parsed, CancellationToken cancel)
    {
        try
        {
            using var api = context.Connect(parsed);
            return [.. (await api.Apps(cancel)).Select(app => app.App)];
        }
        catch (ServerUnavailableException away)
        {
            throw new CommandFailedException($"{away.Message}\n--apps asks the server which apps are its own: 'slipway up' first.", ExitCode.Failed, away);
        }
    }
}
