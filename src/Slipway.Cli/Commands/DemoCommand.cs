using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Demo;
using Slipway.Cli.Supervising;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>The guestbook, taken the whole way under load. Exit code 1 when anything was not as it should be.</summary>
static class DemoCommand
{
    static readonly AppName Guestbook = AppName.Parse("guestbook");

    public static Command Make(CommandContext context)
    {
        var command = context.Command("demo");
        command.SetAction(async (parsed, cancel) =>
        {
            var (output, folder) = (context.Shell.Out, context.DataFolderOf(parsed));
            var up = await new Up(output, TimeProvider.System).Run(new UpRequest { Folder = folder, DockerHost = context.Shell.Variable("DOCKER_HOST") }, cancel);
            await new UpReport(output, folder).Write(up);
            await output.WriteLineAsync();

            using var api = context.Connect(parsed);
            await ForgetEarlier(api, output, cancel);
            var clock = System.Diagnostics.Stopwatch.StartNew();
            var scenario = new GuestbookScenario(api, Guestbook, Path.Combine(folder.Path, "demo", Guestbook.Value),
                line => output.WriteLine(FormattableString.Invariant($"{clock.Elapsed.TotalSeconds,6:0.0} s  {line}")));
            var report = await scenario.Run(cancel);

            await output.WriteLineAsync();
            report.Write(output, context.Paint);
            await output.WriteLineAsync();
            await WhereToLook(api, output, cancel);
            return report.Problems.Count == 0 ? ExitCode.Done : ExitCode.Failed;
        });
        return command;
    }

    /// <summary>An earlier demo's guestbook makes room for the new one; a guestbook of the user's own does not.</summary>
    static async Task ForgetEarlier(ApiClient api, TextWriter output, CancellationToken cancel)
    {
        var apps = await api.Apps(cancel);
        if (apps.All(app => app.App != Guestbook)) return;
        if ((await api.Releases(Guestbook, cancel)).Any(release => release.Note != GuestbookScenario.Note))
            throw new CommandFailedException(
                $"An app '{Guestbook}' is there that no demo made. The demo needs that name: remove the app (slipway remove {Guestbook}), or run the demo with another --data folder.");
        await output.WriteLineAsync("Removing the guestbook of the last demo ...");
        await api.Remove(Guestbook, volumes: true, cancel);
    }

    static async Task WhereToLook(ApiClient api, TextWriter output, CancellationToken cancel)
    {
        var app = await api.App(Guestbook, cancel);
        await output.WriteLineAsync($"""
            It is all still there:
              {app.Urls[0],-44} the guestbook (names below .localhost are this machine in every browser)
              slipway releases {app.App,-27} three releases; one live, one warm
              slipway rollback {app.App,-27} go back, and look at the page again
              slipway ps {app.App,-33} its instances
              slipway logs {app.App,-31} what they wrote
              slipway remove {app.App} --volumes --yes     away with it
            """);
    }
}
