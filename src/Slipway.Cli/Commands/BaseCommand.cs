using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;

namespace Slipway.Cli.Commands;

/// <summary>Base images that our registry keeps, for networks from which no other is reached.</summary>
static class BaseCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("base");
        command.Subcommands.Add(MakeImport(context));
        command.Subcommands.Add(MakeList(context));
        return command;
    }

    static Command MakeImport(CommandContext context)
    {
        var command = context.Command("base", "import");
        var image = new Argument<string>("IMAGE") { Description = context.Texts["base import IMAGE"] };
        command.Arguments.Add(image);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await foreach (var line in api.ImportBaseImage(parsed.GetRequiredValue(image), cancel))
            {
                if (line.Note is { } note) context.Shell.Out.WriteLine(Readable.Line(note));
                if (line.Error is { } problem) throw new ApiException(problem);
                if (line.Image is { } kept) context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {kept}");
            }
        });
        return command;
    }

    static Command MakeList(CommandContext context)
    {
        var command = context.Command("base", "list");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document("/base-images", cancel));
                return;
            }
            var images = await api.BaseImages(cancel);
            if (images.Count == 0) context.Shell.Out.WriteLine("No base image yet. For example: slipway base import debian:bookworm-slim");
            else Columns.Write(context.Shell.Out, context.Paint, ["IMAGE", "IN OUR REGISTRY"], images.Select(image => (string[])[image.Name, image.Image]));
        });
        return command;
    }
}
