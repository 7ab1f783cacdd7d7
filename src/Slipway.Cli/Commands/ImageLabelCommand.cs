using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>Labels of an image or a repository.</summary>
static class ImageLabelCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "label");
        var target = ImageArguments.Image(context, "REPOSITORY|IMAGE", "image label TARGET");
        var labels = new Argument<string[]>("NAME=VALUE") { Description = context.Texts["image label LABEL"], Arity = ArgumentArity.OneOrMore };
        command.Arguments.Add(target);
        command.Arguments.Add(labels);
        command.SetAction(async (parsed, cancel) =>
        {
            var set = new Dictionary<string, string?>();
            foreach (var text in parsed.GetRequiredValue(labels))
            {
                if (text.IndexOf('=', StringComparison.Ordinal) is var equals and > 0) set[text[..equals]] = text[(equals + 1)..];
                else if (text.Length > 1 && text[^1] == '-') set[text[..^1]] = null;
                else throw new InvalidInputException(new Diagnostic { Message = $"'{text}' is no label", Key = "NAME=VALUE", Found = text, Expected = "stage=prod to set one, stage- to remove it" });
            }
            using var api = context.Connect(parsed);
            var all = await api.LabelImage(parsed.GetRequiredValue(target), set, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} {parsed.GetRequiredValue(target)}: {(all.Labels.Count == 0 ? "no labels" : ImageListCommand.Labels(all.Labels))}");
        });
        return command;
    }
}
