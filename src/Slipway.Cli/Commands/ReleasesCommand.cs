using System.CommandLine;
using Slipway.Cli.Rendering;
using Slipway.Model;

namespace Slipway.Cli.Commands;

static class ReleasesCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("releases");
        var app = context.App();
        var json = context.Json();
        command.Arguments.Add(app);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            var name = CommandContext.Name(parsed.GetRequiredValue(app));
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document($"/apps/{name}/releases", cancel));
            else Write(context, await api.Releases(name, cancel));
        });
        return command;
    }

    static void Write(CommandContext context, IReadOnlyList<ReleaseStatus> releases)
    {
        if (releases.Count == 0)
        {
            context.Shell.Out.WriteLine("No release yet: no deploy of it has got that far.");
            return;
        }
        var now = TimeProvider.System.GetUtcNow();
        Columns.Write(context.Shell.Out, context.Paint, ["RELEASE", "STANDING", "SLOT", "CREATED", "BY", "TOOK", "ENDED", "CHANGED", "COMMIT", "NOTE"], releases.Select(release => (string[])
        [
            $"v{release.Number}",
            release.Standing.ToString().ToLowerInvariant(),
            release.Slot.Name,
            Readable.Ago(release.Created, now),
            Readable.Line(release.By ?? "-"),
            release.Took is { } took ? Readable.Duration(took) : "-",
            release.State is not { } state ? "-" : state.IsEnded ? Readable.State(state) : $"{Readable.State(state)} ...",
            release.Changed.Count == 0 ? "-" : string.Join(',', release.Changed),
            release.Commit is { Length: > 10 } commit ? $"{commit[..10]}{(release.Dirty ? "+" : "")}" : "-",
            Readable.Line(release.Note ?? release.Subject ?? ""),
        ]));
    }
}
