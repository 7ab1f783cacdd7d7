using System.CommandLine;
using System.Text.Json;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.Verifying;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Commands;

/// <summary>Is everything that was pushed still what it was? Exit code 1 where it is not.</summary>
static class RegistryVerifyCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("registry", "verify");
        var withdraw = new Option<bool>("--withdraw") { Description = context.Texts["registry verify --withdraw"] };
        var parallel = new Option<int>("--parallel") { Description = context.Texts["registry verify --parallel"], HelpName = "N", DefaultValueFactory = _ => 2 };
        var json = context.Json();
        foreach (var option in (Option[])[withdraw, parallel, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await foreach (var line in api.VerifyRegistry(new VerifyRequest { Withdraw = parsed.GetValue(withdraw), Parallel = parsed.GetValue(parallel) }, cancel))
            {
                // One line of JSON for each, as the API sends them.
                if (parsed.GetValue(json)) context.WriteJson(JsonSerializer.Serialize(line, UpkeepJson.Default.VerifyLine));
                else Write(context, line);
                if (line.Report is { } report) return report.Clean ? ExitCode.Done : ExitCode.Failed;
            }
            throw new CommandFailedException("The server ended without a report; its log says why.");
        });
        return command;
    }

    static void Write(CommandContext context, VerifyLine line)
    {
        var (output, paint) = (context.Shell.Out, context.Paint);
        if (line.Progress is { } progress)
            output.WriteLine(paint.Dim($"{progress.Blobs:N0} of {progress.AllBlobs:N0} blobs, {Readable.Bytes(progress.Bytes)} of {Readable.Bytes(progress.AllBytes)}"));
        if (line.Finding is { } finding)
        {
            output.WriteLine($"{paint.Red("✘")} {finding.Target} {finding.Digest} is {finding.Kind}: {Readable.Line(finding.Detail)}{(finding.Withdrawn ? " (withdrawn: the next push brings it back)" : "")}");
            foreach (var use in finding.Uses)
                output.WriteLine($"    in {use.Repository}{(use.Tags.Count > 0 ? $": {string.Join(", ", use.Tags)}" : "")}{(use.Manifest is { } manifest ? $" (manifest {manifest})" : ", to which no manifest refers")}");
            if (finding.MoreUses > 0) output.WriteLine($"    and {finding.MoreUses} more");
        }
        if (line.Report is not { } report) return;
        var read = $"{RegistryCommand.Count(report.Blobs, "blob")}, {RegistryCommand.Count(report.Manifests, "manifest")}, {Readable.Bytes(report.Bytes)} read in {Readable.Duration(report.Ended - report.Started)}";
        output.WriteLine(report.Clean ? $"{paint.Green("✔")} all is whole: {read}"
            : $"{paint.Red("✘")} {report.Damaged} damaged, {report.Missing} missing, {report.Unreadable} unreadable, {report.Incomplete} incomplete; {read}");
        if (report.Restored > 0) output.WriteLine($"  {RegistryCommand.Count(report.Restored, "blob")} that had been withdrawn {(report.Restored == 1 ? "is" : "are")} whole, and served again");
    }
}
