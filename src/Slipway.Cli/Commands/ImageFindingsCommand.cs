using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Scanning;

namespace Slipway.Cli.Commands;

/// <summary>The vulnerabilities of an image.</summary>
static class ImageFindingsCommand
{
    const int Page = 5000;

    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "findings");
        var image = ImageArguments.Image(context, "IMAGE", "image IMAGE");
        var severity = new Option<string?>("--severity") { Description = context.Texts["image findings --severity"], HelpName = "SEVERITY" };
        var json = context.Json();
        command.Arguments.Add(image);
        command.Options.Add(severity);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var (name, least) = (parsed.GetRequiredValue(image), parsed.GetValue(severity));
            if (least is not null) SeverityText.Parse(least, "--severity");
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(ScanningCalls.FindingsPath(name, least, 0, Page), cancel));
                return;
            }
            var report = await api.Findings(name, least, 0, Page, cancel);
            var all = report.Findings.ToList();
            while (report.Next is { } next)
            {
                report = await api.Findings(name, least, next, Page, cancel);
                all.AddRange(report.Findings);
            }
            new ScanPicture(context.Shell.Out, context.Paint).Write(name, report.Scan, all, least);
        });
        return command;
    }
}
