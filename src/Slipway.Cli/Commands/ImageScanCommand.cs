using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Scanning;

namespace Slipway.Cli.Commands;

/// <summary>Scans an image, and waits for what is found.</summary>
static class ImageScanCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("image", "scan");
        var image = ImageArguments.Image(context, "IMAGE", "image IMAGE");
        var noWait = new Option<bool>("--no-wait") { Description = context.Texts["image scan --no-wait"] };
        var json = context.Json();
        command.Arguments.Add(image);
        command.Options.Add(noWait);
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var name = parsed.GetRequiredValue(image);
            var scan = await api.StartScan(name, cancel);
            if (!parsed.GetValue(noWait)) scan = await Wait(context, api, name, scan, cancel);
            if (parsed.GetValue(json)) context.WriteJson(await api.Document(ScanningCalls.ScanPath(name), cancel));
            else new ScanPicture(context.Shell.Out, context.Paint).Write(name, scan);
            if (scan.State == ScanState.Failed) throw new CommandFailedException($"{name} was not scanned: {Readable.Line(scan.Reason ?? "the reason is not known")}", ExitCode.Failed);
        });
        return command;
    }

    static async Task<ScanSummary> Wait(CommandContext context, ApiClient api, string image, ScanSummary scan, CancellationToken cancel)
    {
        var told = scan.Reason;
        for (var wait = TimeSpan.FromMilliseconds(200); scan.State is ScanState.Queued or ScanState.Running; wait = wait + wait < Longest ? wait + wait : Longest)
        {
            await Task.Delay(wait, cancel);
            scan = await api.Scan(image, cancel);
            if (scan.State is not (ScanState.Queued or ScanState.Running) || scan.Reason is not { } reason || reason == told) continue;
            // It may be tried again for an hour: whoever waits should know why.
            context.Shell.Error.WriteLine($"It is tried again: {Readable.Line(reason)}");
            told = reason;
        }
        return scan;
    }

    static TimeSpan Longest { get; } = TimeSpan.FromSeconds(2);
}
