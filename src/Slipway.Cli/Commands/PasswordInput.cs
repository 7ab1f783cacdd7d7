using System.CommandLine;

namespace Slipway.Cli.Commands;

/// <summary>A password from a person (asked for twice where it is new, not shown) or from standard input. Never an argument: those can be seen by every process.</summary>
sealed class PasswordInput(CommandContext context)
{
    readonly Option<bool> _fromInput = new("--password-stdin") { Description = context.Texts["--password-stdin"] };

    public void AddTo(Command command) => command.Options.Add(_fromInput);

    public string New(ParseResult parsed, string account)
    {
        if (FromInput(parsed) is { } given) return given;
        var password = Ask($"New password of {account} (10 characters or more): ");
        return Ask("The same again: ") == password ? password : throw new CommandFailedException("The two passwords differ; nothing was changed.", ExitCode.BadInput);
    }

    public string Known(ParseResult parsed, string account) => FromInput(parsed) ?? Ask($"Password of {account}: ");

    string? FromInput(ParseResult parsed)
    {
        if (!parsed.GetValue(_fromInput)) return null;
        var text = context.Shell.In.ReadToEnd().TrimEnd('\r', '\n');
        return text.Length > 0 ? text : throw new CommandFailedException("--password-stdin: nothing came from standard input.", ExitCode.BadInput);
    }

    string Ask(string question)
    {
        if (!context.Shell.CanAsk) throw new CommandFailedException("Nobody can be asked for the password here: pass it on standard input with --password-stdin.", ExitCode.BadInput);
        context.Shell.Out.Write(question);
        context.Shell.Out.Flush();
        var answer = context.Shell.ReadUnseen();
        context.Shell.Out.WriteLine();
        return answer ?? throw new CommandFailedException("No password was given.", ExitCode.BadInput);
    }
}
