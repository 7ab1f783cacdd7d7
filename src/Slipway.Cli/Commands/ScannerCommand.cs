using System.CommandLine;
using Slipway.Cli.Api;
using Slipway.Cli.Rendering;
using Slipway.Model;
using Slipway.Registry.Scanning;

namespace Slipway.Cli.Commands;

/// <summary>The platform's scanner adapter.</summary>
static class ScannerCommand
{
    public static Command Make(CommandContext context)
    {
        var command = context.Command("scanner");
        command.Subcommands.Add(MakeSet(context));
        command.Subcommands.Add(MakeShow(context));
        command.Subcommands.Add(MakeRescan(context));
        command.Subcommands.Add(MakeRemove(context));
        return command;
    }

    static Command MakeSet(CommandContext context)
    {
        var command = context.Command("scanner", "set");
        var url = new Argument<string>("URL") { Description = context.Texts["scanner set URL"] };
        var remote = new RemoteOptions(context, "scanner set --user");
        var token = new Option<string?>("--token-file") { Description = context.Texts["scanner set --token-file"], HelpName = "FILE" };
        var key = new Option<string?>("--api-key-file") { Description = context.Texts["scanner set --api-key-file"], HelpName = "FILE" };
        var registry = new Option<string?>("--registry-url") { Description = context.Texts["scanner set --registry-url"], HelpName = "URL" };
        var rescan = new Option<string?>("--rescan-after") { Description = context.Texts["scanner set --rescan-after"], HelpName = "AGE" };
        command.Arguments.Add(url);
        remote.AddTo(command);
        foreach (var option in (Option[])[token, key, registry, rescan]) command.Options.Add(option);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            var (user, tokenFile, keyFile) = (remote.User(parsed), parsed.GetValue(token), parsed.GetValue(key));
            if (new[] { user, tokenFile, keyFile }.Count(way => way is not null) > 1) throw new CommandFailedException("--user, --token-file and --api-key-file are three ways of which an adapter has one.", ExitCode.BadInput);
            var scanner = await api.SetScanner(new ScannerRequest
            {
                Url = parsed.GetRequiredValue(url),
                Auth = user is not null ? ScannerAuth.Basic : tokenFile is not null ? ScannerAuth.Bearer : keyFile is not null ? ScannerAuth.ApiKey : ScannerAuth.None,
                User = user,
                Secret = remote.Password(parsed) ?? Secret(context, tokenFile ?? keyFile),
                RegistryUrl = parsed.GetValue(registry),
                RescanSeconds = parsed.GetValue(rescan) is { } age ? (long)Since.ParseAge(age, "--rescan-after").TotalSeconds : null,
            }, cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} Images are scanned by {Title(scanner)}");
            Write(context, scanner);
        });
        return command;
    }

    static Command MakeShow(CommandContext context)
    {
        var command = context.Command("scanner", "show");
        var json = context.Json();
        command.Options.Add(json);
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            if (parsed.GetValue(json))
            {
                context.WriteJson(await api.Document(ScanningCalls.Scanner, cancel));
                return;
            }
            var scanner = await api.GetScanner(cancel);
            context.Shell.Out.WriteLine(Title(scanner));
            Write(context, scanner);
        });
        return command;
    }

    static Command MakeRescan(CommandContext context)
    {
        var command = context.Command("scanner", "rescan");
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            context.Shell.Out.WriteLine(QueuedText((await api.RescanImages(cancel)).Queued));
        });
        return command;
    }

    static Command MakeRemove(CommandContext context)
    {
        var command = context.Command("scanner", "rm");
        command.Aliases.Add("remove");
        command.SetAction(async (parsed, cancel) =>
        {
            using var api = context.Connect(parsed);
            await api.RemoveScanner(cancel);
            context.Shell.Out.WriteLine($"{context.Paint.Green("✔")} Images are scanned no more; their reports stay");
        });
        return command;
    }

    static string QueuedText(int queued) => queued == 0 ? "No image to scan." : ApiClient.Invariant($"{(queued == 1 ? "1 image is" : $"{queued} images are")} queued. How it goes: slipway scanner show");

    static string Title(ScannerStatus scanner) => Readable.Line($"{scanner.Name} {scanner.Version}".Trim() + (scanner.Vendor.Length > 0 ? $" ({scanner.Vendor})" : ""));

    static void Write(CommandContext context, ScannerStatus scanner)
    {
        void Field(string name, string? value)
        {
            if (!string.IsNullOrEmpty(value)) context.Shell.Out.WriteLine($"  {context.Paint.Dim(name.PadRight(12))}{Readable.Line(value)}");
        }
        Field("adapter", scanner.Url);
        Field("credential", scanner.Auth switch { ScannerAuth.None => "none", ScannerAuth.Basic => $"Basic, user {scanner.User}", ScannerAuth.Bearer => "bearer token", _ => "API key" });
        Field("pulls from", scanner.RegistryUrl);
        foreach (var type in scanner.Consumes) Field("scans", type);
        foreach (var type in scanner.Produces) Field("reports", type);
        Field("database of", scanner.DatabaseUpdated);
        Field("again after", scanner.RescanSeconds == 0 ? "never" : Readable.Duration(TimeSpan.FromSeconds(scanner.RescanSeconds)));
        Field("scans", ApiClient.Invariant($"{scanner.Running} running, {scanner.Queued} queued, {scanner.Failed} failed"));
        if (scanner.Warning is { } warning) context.Shell.Out.WriteLine(context.Paint.Yellow("warning: ") + Readable.Line(warning));
        if (scanner.Error is { } error) throw new CommandFailedException(Readable.Line(error), ExitCode.Failed);
    }

    static string? Secret(CommandContext context, string? file)
    {
        if (file is null) return null;
        var text = File.ReadAllText(Path.GetFullPath(file, context.Shell.Folder)).Trim();
        return text.Length > 0 ? text : throw new InvalidInputException(new Diagnostic { File = file, Message = "the file is empty", Expected = "the token or key that the adapter asks for" });
    }
}
