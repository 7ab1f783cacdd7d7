using System.CommandLine;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

static class AppsCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("apps");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document("/apps", cancel));
            else Write(context, await api.Apps(cancel));
        });
        return command;
    }

    internal static void Write(CommandContext context, IReadOnlyList<AppStatus> apps)
    {
        if (apps.Count == 0)
        {
            context.Shell.Out.WriteLine("No app yet. In a folder with a compose.yaml: slipway deploy");
            return;
        }
        Columns.Write(context.Shell.Out, context.Paint, ["APP", "LIVE", "READY", "ROLLOUT", "URL"], Ordered(apps).Select(app => (string[])
        [
            app.Preview is { } preview ? $"  {preview.Name}" : app.App.Value,
            app.Live is { } live ? $"v{live}" : "-",
            Readable.Ready(app.Services),
            (app.Rollout is { } rollout ? Readable.State(rollout.State) : "-") + (app.Freeze is null ? "" : ", frozen"),
            string.Join(' ', app.Urls),
        ]));
        FreezePicture.Write(context.Shell.Out, context.Paint, apps);
    }

    /// <summary>Each app with its previews below it, oldest first; a preview whose app is gone stands where its own name does.</summary>
    static IEnumerable<AppStatus> Ordered(IReadOnlyList<AppStatus> apps) => apps
        .OrderBy(app => (app.Preview?.Of ?? app.App).Value, StringComparer.Ordinal)
        .ThenBy(app => app.Preview is not null)
        .ThenBy(app => app.Preview?.Created)
        .ThenBy(app => app.App.Value, StringComparer.Ordinal);
}
