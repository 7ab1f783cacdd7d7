using System.CommandLine;
using System.Runtime.InteropServices;
using Slipway.Cli.Api;
using Slipway.Cli.Commands;
using Slipway.Cli.Helping;
using Slipway.Cli.Rendering;
using Slipway.Cli.Texts;
using Slipway.Model;
using Slipway.Server;

namespace Slipway.Cli;

/// <summary>From arguments to an exit code: 0 done, 1 failed, 2 bad usage or input.</summary>
static class CommandLine
{
    public static async Task<int> Run(string[] args, Shell shell)
    {
        using var interrupted = new CancellationTokenSource();
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal => Interrupt(signal, interrupted));
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => Interrupt(signal, interrupted));
        return await Run(args, shell, interrupted.Token);
    }

    public static async Task<int> Run(string[] args, Shell shell, CancellationToken cancel)
    {
        var texts = TextTable.For(shell);
        var parsed = Root(shell, texts).Parse(args);
        try
        {
            if (IsGroup(parsed) && !IsSuggestion(args))
            {
                new HelpPage(shell, texts.Help).Write(parsed.CommandResult.Command);
                return ExitCode.Done;
            }
            if (parsed.Errors.Count > 0 && !args.Contains("--help") && !args.Contains("-h") && !IsSuggestion(args)) return Misused(parsed, shell);
            return await parsed.InvokeAsync(
                new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null, Output = shell.Out, Error = shell.Error }, cancel);
        }
        catch (Exception error) when (Explain(error, cancel) is { } explained)
        {
            foreach (var text in explained.Texts) shell.Error.WriteLine(Paint.For(shell).Red("error: ", text));
            return explained.Code;
        }
    }

    /// <summary>Every command. What a person sees first comes first.</summary>
    public static RootCommand Root(Shell shell, TextTable texts)
    {
        var context = new CommandContext(shell, texts);
        var root = new RootCommand(texts["slipway"]);
        root.Options.Add(context.Server);
        root.Options.Add(context.Data);
        // 'version' is a command, so that its output can be JSON as any other's.
        foreach (var option in root.Options.OfType<VersionOption>().ToList()) root.Options.Remove(option);
        foreach (var option in root.Options.OfType<System.CommandLine.Help.HelpOption>())
        {
            option.Description = texts["--help"];
            // Those of other systems: here /h is a file.
            foreach (var alias in (string[])["-?", "/?", "/h"]) option.Aliases.Remove(alias);
            option.Action = new HelpPage(shell, texts.Help);
        }
        foreach (var command in (Command[])
        [
            UpCommand.Make(context), DownCommand.Make(context), StatusCommand.Make(context),
            DeployCommand.Make(context), CheckCommand.Make(context),
            PromoteCommand.Make(context), PauseCommand.MakePause(context), PauseCommand.MakeResume(context), RollbackCommand.Make(context), AbortCommand.Make(context), WatchCommand.Make(context),
            AppsCommand.Make(context), PreviewCommand.Make(context), ReleasesCommand.Make(context), ReleaseCommand.Make(context), PsCommand.Make(context), LogsCommand.Make(context),
            EventsCommand.Make(context), FreezeCommand.MakeFreeze(context), FreezeCommand.MakeUnfreeze(context), AppCommand.Make(context),
            ScaleCommand.Make(context), MaintenanceCommand.Make(context), RemoveCommand.Make(context),
            ImageCommand.Make(context), ProjectCommand.Make(context), BaseCommand.Make(context), MirrorCommand.Make(context), ReplicationCommand.Make(context), LoginCommand.Make(context),
            TrustCommand.Make(context), PolicyCommand.Make(context),
            CertificateCommand.Make(context), AuthorityCommand.Make(context),
            AccountCommand.Make(context), RobotCommand.Make(context), AuditCommand.Make(context),
            RegistryCommand.Make(context), WebhookCommand.Make(context), ScannerCommand.Make(context), EngineCommand.Make(context),
            CompletionCommand.Make(context), VersionCommand.Make(context),
            DemoCommand.Make(context),
            ServeCommand.Make(context), GatewayCommand.Make(context), SuperviseCommand.Make(context),
        ]) root.Subcommands.Add(command);
        return root;
    }

    static int Misused(ParseResult parsed, Shell shell)
    {
        // A command that is not known is a command that is missing too: once is enough.
        var errors = parsed.UnmatchedTokens.Count == 0 ? parsed.Errors : [.. parsed.Errors.Where(error => parsed.UnmatchedTokens.Any(token => error.Message.Contains(token, StringComparison.Ordinal)))];
        foreach (var error in errors.Count > 0 ? errors : parsed.Errors) shell.Error.WriteLine(Paint.For(shell).Red("error: ", error.Message));
        var path = string.Join(' ', CommandPath(parsed.CommandResult));
        shell.Error.WriteLine($"See '{path} --help'.");
        return ExitCode.BadInput;
    }

    static IEnumerable<string> CommandPath(System.CommandLine.Parsing.SymbolResult? result)
    {
        if (result is not System.CommandLine.Parsing.CommandResult command) yield break;
        foreach (var above in CommandPath(command.Parent)) yield return above;
        yield return command.Command is RootCommand ? "slipway" : command.Command.Name;
    }

    /// <summary>'slipway', 'slipway base': who says no more wants to know what there is.</summary>
    static bool IsGroup(ParseResult parsed) =>
        parsed.CommandResult.Command is { Action: null, Subcommands.Count: > 0 } && parsed.UnmatchedTokens.Count == 0;

    static bool IsSuggestion(string[] args) => args is [var first, ..] && first.StartsWith("[suggest", StringComparison.Ordinal);

    /// <summary>What a person reads for an error that is not a bug in the CLI; null for one that is.</summary>
    static (IReadOnlyList<string> Texts, int Code)? Explain(Exception error, CancellationToken cancel) => error switch
    {
        CommandFailedException failed => ([failed.Message], failed.Code),
        InvalidInputException invalid => ([.. invalid.Diagnostics.Select(diagnostic => diagnostic.ToString())], ExitCode.BadInput),
        ApiException { Problem.Diagnostics: { Count: > 0 } diagnostics } => ([.. diagnostics.Select(diagnostic => diagnostic.ToString())], ExitCode.BadInput),
        ApiException api => ([api.Message], api.Problem.Status is 400 or 422 ? ExitCode.BadInput : ExitCode.Failed),
        ServerUnavailableException or ConflictException or NotFoundException or ServerStartException => ([error.Message], ExitCode.Failed),
        OperationCanceledException when cancel.IsCancellationRequested => ([], ExitCode.Failed),
        IOException or UnauthorizedAccessException => ([error.Message], ExitCode.Failed),
        _ => null,
    };

    static void Interrupt(PosixSignalContext signal, CancellationTokenSource interrupted)
    {
        // The first one asks the command to come to an end; who asks a second time does not want to wait for that.
        if (interrupted.IsCancellationRequested) Environment.Exit(ExitCode.Failed);
        signal.Cancel = true;
        _ = interrupted.CancelAsync();
    }
}
