using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Registry.GarbageCollection;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Commands;

/// <summary>Keeping the registry in order.</summary>
static class RegistryCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("registry");
        command.Subcommands.Add(MakeStatus(context));
        command.Subcommands.Add(MakeCollect(context));
        command.Subcommands.Add(RegistryVerifyCommand.Make(context));
        command.Subcommands.Add(RegistryWebhookCommand.Make(context));
        return command;
    }

    static Command MakeStatus(CommandContext context)
    {
        var command = context.Command("registry", "status");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(UpkeepCalls.StatusPath, cancel));
                return;
            }
            var status = await api.RegistryStatus(cancel);
            var output = context.Shell.Out;
            output.WriteLine($"{Count(status.Repositories, "repository", "repositories")}, {Count(status.Tags, "tag")}, {Count(status.Manifests, "manifest")}, {Count(status.Blobs, "blob")}, {Readable.Bytes(status.Bytes)}");
            if (status.LastCollection is not { } last) output.WriteLine("garbage was never collected; it is once a day");
            else output.WriteLine($"garbage was collected {Readable.Ago(last.Ended, DateTimeOffset.UtcNow)}: {Count(last.Blobs + last.Strays, "blob")}, {Readable.Bytes(last.BlobBytes + last.StrayBytes)} freed");
        });
        return command;
    }

    static Command MakeCollect(CommandContext context)
    {
        var command = context.Command("registry", "gc");
        var dry = new Option<bool>("--dry-run") { Description = context.Texts["registry gc --dry-run"] };
        var untagged = new Option<string?>("--untagged") { Description = context.Texts["registry gc --untagged"], HelpName = "AGE" };
        var gone = new Option<bool>("--gone-subjects") { Description = context.Texts["registry gc --gone-subjects"] };
        var strays = new Option<bool>("--all-strays") { Description = context.Texts["registry gc --all-strays"] };
        var json = context.Json();
        foreach (var option in (Option[])[dry, untagged, gone, strays, json]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            var request = new GarbageRequest
            {
                DryRun = parsed.GetValue(dry),
                UntaggedSeconds = parsed.GetValue(untagged) is { } age ? (long)Since.ParseAge(age, "--untagged").TotalSeconds : null,
                GoneSubjects = parsed.GetValue(gone) ? true : null,
                AllStrays = parsed.GetValue(strays),
            };
            using var api = context.Connect(parsed);
            await foreach (var line in api.CollectGarbage(request, cancel))
            {
                if (line.Error is { } problem) throw new ApiException(problem);
                if (line.Report is not { } report) continue;
                if (parsed.GetValue(json)) context.WriteJson(JsonSerializer.Serialize(report, UpkeepJson.Default.CollectionReport));
                else Write(context, report);
                return;
            }
            throw new CommandFailedException("The server ended without a report; its log says why.");
        });
        return command;
    }

    static void Write(CommandContext context, CollectionReport report)
    {
        var output = context.Shell.Out;
        if (report.Repositories.Count > 0)
        {
            Columns.Write(output, context.Paint, ["REPOSITORY", "MANIFESTS", "BLOBS", "SIZE"], report.Repositories.Select(from =>
                (string[])[from.Repository, Number(from.Manifests), Number(from.Blobs), Readable.Bytes(from.Bytes)]));
            output.WriteLine();
        }
        var (verb, mark) = report.DryRun ? ("would be freed", "") : ("freed", $"{context.Paint.Green("✔")} ");
        output.WriteLine($"{mark}{Readable.Bytes(report.BlobBytes + report.StrayBytes)} {verb}: {Count(report.Blobs, "blob")}, {Count(report.Manifests, "untagged manifest")}, {Count(report.Strays, "stray")}, {Count(report.EmptyRepositories, "empty repository", "empty repositories")}");
        if (report.StraysKept > 0)
            output.WriteLine(context.Paint.Yellow($"{report.StraysKept} stored objects are unknown to the database, so many that it may not be the one of this store. They are left alone. When you are sure: slipway registry gc --all-strays"));
        if (report.Failed > 0) output.WriteLine(context.Paint.Yellow($"The store did not delete {Count(report.Failed, "object")}; the next collection tries again."));
    }

    internal static string Count(long count, string one, string? many = null) => $"{Number(count)} {(count == 1 ? one : many ?? one + "s")}";

    static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
