using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;

namespace Slipway.Cli.Commands;

/// <summary>Everything about one image.</summary>
static class ImageInspectCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "inspect");
        var image = ImageArguments.Image(context, "IMAGE", "image IMAGE");
        var platform = new Option<string?>("--platform") { Description = context.Texts["image --platform"], HelpName = "OS/ARCH" };
        var json = context.Json();
        command.Arguments.Add(image);
        command.Options.Add(platform);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var (name, wanted) = (parsed.GetRequiredValue(image), parsed.GetValue(platform));
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(ImageCalls.InspectPath(name, wanted), cancel));
            else new ImagePicture(context.Shell.Out, context.Paint).Write(await api.Inspect(name, wanted, cancel));
        });
        return command;
    }
}
