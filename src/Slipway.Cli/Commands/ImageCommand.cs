using System.CommandLine;

namespace Slipway.Cli.Commands;

/// <summary>Images in our registry.</summary>
static class ImageCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image");
        command.Subcommands.Add(ImageListCommand.Make(context));
        command.Subcommands.Add(ImageInspectCommand.Make(context));
        command.Subcommands.Add(ImageTagCommand.Make(context));
        command.Subcommands.Add(ImageRemoveCommand.Make(context));
        command.Subcommands.Add(ImageDiffCommand.Make(context));
        command.Subcommands.Add(ImageLabelCommand.Make(context));
        command.Subcommands.Add(ImageScanCommand.Make(context));
        command.Subcommands.Add(ImageFindingsCommand.Make(context));
        command.Subcommands.Add(ImageExportCommand.Make(context));
        command.Subcommands.Add(ImageImportCommand.Make(context));
        return command;
    }
}
