using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;

namespace Slipway.Cli.Commands;

/// <summary>What is different between two images.</summary>
static class ImageDiffCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "diff");
        var from = ImageArguments.Image(context, "FROM", "image diff FROM");
        var to = ImageArguments.Image(context, "TO", "image diff TO");
        var platform = new Option<string?>("--platform") { Description = context.Texts["image --platform"], HelpName = "OS/ARCH" };
        var without = new Option<bool>("--no-files") { Description = context.Texts["image diff --no-files"] };
        var json = context.Json();
        command.Arguments.Add(from);
        command.Arguments.Add(to);
        command.Options.Add(platform);
        command.Options.Add(without);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var (a, b, wanted, files) = (parsed.GetRequiredValue(from), parsed.GetRequiredValue(to), parsed.GetValue(platform), !parsed.GetValue(without));
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(ImageCalls.DiffPath(a, b, wanted, files), cancel));
            else new ImagePicture(context.Shell.Out, context.Paint).Write(await api.Compare(a, b, wanted, files, cancel));
        });
        return command;
    }
}
