using System.CommandLine;
using Slipway.Cli.Api;

namespace Slipway.Cli.Commands;

/// <summary>One more name for an image.</summary>
static class ImageTagCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "tag");
        var source = ImageArguments.Image(context, "SOURCE", "image tag SOURCE");
        var destination = ImageArguments.Image(context, "DESTINATION", "image tag DESTINATION");
        command.Arguments.Add(source);
        command.Arguments.Add(destination);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var tagged = await api.TagImage(parsed.GetRequiredValue(source), parsed.GetRequiredValue(destination), cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {tagged.Image} is {tagged.Digest}");
        });
        return command;
    }
}
