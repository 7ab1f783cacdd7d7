using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Layouts;

namespace Slipway.Cli.Commands;

/// <summary>Images into an archive that can be carried.</summary>
static class ImageExportCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "export");
        var images = new Argument<string[]>("IMAGE") { Description = context.Texts["image export IMAGE"], Arity = ArgumentArity.OneOrMore };
        var output = new Option<string>("--output", "-o") { Description = context.Texts["image export --output"], HelpName = "FILE|DIR/", Required = true };
        var json = context.Json();
        command.Arguments.Add(images);
        command.Options.Add(output);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var target = parsed.GetRequiredValue(output);
            var path = Path.GetFullPath(target, context.Shell.Folder) + (target.EndsWith('/') ? "/" : "");
            var done = new List<ExportedImage>();
            await RegistryAccess.Guard(() => ImageExport.Run(parsed.GetRequiredValue(images), RegistryAccess.Of(api), path, image =>
            {
                done.Add(image);
                if (!parsed.GetValue(json)) context.Shell.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{context.Paint.Green("✔")} {image.Name}  {image.Manifests} manifests, {image.Blobs} blobs, {Readable.Bytes(image.Bytes)}"));
            }, cancel));
            if (parsed.GetValue(json)) context.WriteJson(JsonSerializer.Serialize<IReadOnlyList<ExportedImage>>(done, LayoutReports.Default.IReadOnlyListExportedImage));
            else context.Shell.Out.WriteLine($"written to {target}");
        });
        return command;
    }
}
