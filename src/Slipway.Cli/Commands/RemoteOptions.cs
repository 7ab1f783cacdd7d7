using System.CommandLine;

namespace Slipway.Cli.Commands;

/// <summary>As whom to speak to another registry. A password is never an argument: those can be seen by every process.</summary>
sealed class RemoteOptions(CommandContext context, string userText = "--user")
{
    readonly Option<string?> _user = new("--user") { Description = context.Texts[userText], HelpName = "USER" };
    readonly Option<bool> _password = new("--password-stdin") { Description = context.Texts["--password-stdin"] };

    public void AddTo(Command command)
    {
        command.Options.Add(_user);
        command.Options.Add(_password);
    }

    public string? User(ParseResult parsed) => parsed.GetValue(_user);

    public string? Password(ParseResult parsed)
    {
        if (!parsed.GetValue(_password)) return null;
        var text = context.Shell.In.ReadToEnd().TrimEnd('\r', '\n');
        return text.Length > 0 ? text : throw new CommandFailedException("--password-stdin: nothing came from standard input.", ExitCode.BadInput);
    }
}
