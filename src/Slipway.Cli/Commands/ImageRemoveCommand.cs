using System.CommandLine;
using Slipway.Cli.Api;

namespace Slipway.Cli.Commands;

/// <summary>Removes tags and images.</summary>
static class ImageRemoveCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "rm");
        var images = ImageArguments.Images(context, "IMAGE", "image rm IMAGE");
        var force = new Option<bool>("--force") { Description = context.Texts["image rm --force"] };
        var yes = new Option<bool>("--yes", "-y") { Description = context.Texts["remove --yes"] };
        command.Arguments.Add(images);
        command.Options.Add(force);
        command.Options.Add(yes);
        command.SetAction(async (parsed, cancel) =>
        {
            var names = parsed.GetRequiredValue(images);
            using var api = context.Connect(parsed);
            if (!parsed.GetValue(yes) && !RemoveCommand.Confirmed(context.Shell, $"Remove {string.Join(", ", names)}?"))
            {
                context.Shell.Out.WriteLine("Nothing was removed.");
                return ExitCode.Failed;
            }
            foreach (var name in names)
            {
                var removed = await api.RemoveImage(name, parsed.GetValue(force), cancel);
                foreach (var tag in removed.Untagged) context.Shell.Out.WriteLine($"Untagged: {tag}");
                foreach (var digest in removed.Deleted) context.Shell.Out.WriteLine($"Deleted: {digest}");
            }
            return ExitCode.Done;
        });
        return command;
    }
}
