using System.CommandLine;
using System.CommandLine.Invocation;
using Slipway.Cli.Rendering;
using Slipway.Cli.Texts;

namespace Slipway.Cli.Helping;

/// <summary>The page that --help prints for one command: in the person's language, and no wider than the terminal.</summary>
sealed class HelpPage(Shell shell, HelpWords words) : SynchronousCommandLineAction
{
    const int Narrowest = 20;

    /// <summary>Help is given for what is not finished yet.</summary>
    public override bool ClearsParseErrors => true;

    public override int Invoke(ParseResult parseResult)
    {
        Write(parseResult.CommandResult.Command);
        return ExitCode.Done;
    }

    public void Write(Command command)
    {
        foreach (var line in Wrapping.Lines(command.Description ?? "", shell.Columns)) shell.Out.WriteLine(line);
        shell.Out.WriteLine();
        shell.Out.WriteLine(words.Usage);
        shell.Out.WriteLine("  " + UsageOf(command));
        Section(words.Arguments, command.Arguments.Where(argument => !argument.Hidden).Select(argument => (argument.Name, argument.Description ?? "")));
        Section(words.Options, Options(command).Select(option => (LabelOf(option), option.Description ?? "")));
        Section(words.Commands, command.Subcommands.Where(sub => !sub.Hidden).Select(sub => (LabelOf(sub), sub.Description ?? "")));
    }

    string UsageOf(Command command)
    {
        var path = string.Join(' ', PathTo(command));
        var subcommand = command.Subcommands.Count > 0 ? " " + words.SomeCommand : "";
        return $"{path}{subcommand}{ArgumentsOf(command)} {words.SomeOptions}";
    }

    void Section(string title, IEnumerable<(string Label, string Text)> entries)
    {
        var rows = entries.ToList();
        if (rows.Count == 0) return;
        shell.Out.WriteLine();
        shell.Out.WriteLine(title);
        var label = rows.Max(row => Width.Of(row.Label));
        var room = shell.Columns - label - 4;
        // Beside the labels, or below them where that would be a thread of single words.
        var indent = room >= Narrowest ? label + 4 : 6;
        foreach (var row in rows)
        {
            var lines = Wrapping.Lines(row.Text, shell.Columns - indent);
            var beside = room >= Narrowest ? lines[0] : null;
            shell.Out.WriteLine(beside is null ? $"  {row.Label}" : $"  {row.Label}{new string(' ', label - Width.Of(row.Label) + 2)}{beside}");
            foreach (var line in lines.Skip(beside is null ? 0 : 1)) shell.Out.WriteLine(new string(' ', indent) + line);
        }
    }

    /// <summary>The command's own first, then those that every command takes.</summary>
    static IEnumerable<Option> Options(Command command)
    {
        var above = command.Parents.OfType<Command>().SelectMany(Options).Where(option => option.Recursive);
        return command.Options.Concat(above).Where(option => !option.Hidden).DistinctBy(option => option.Name);
    }

    static string LabelOf(Option option)
    {
        var names = option.Aliases.Append(option.Name).Where(name => name.StartsWith('-') && !name.Contains('?')).OrderBy(name => name.Length);
        return string.Join(", ", names) + (option.HelpName is { } value ? " " + value : "");
    }

    static string LabelOf(Command command) => command.Name + ArgumentsOf(command);

    static string ArgumentsOf(Command command) => string.Concat(command.Arguments.Where(argument => !argument.Hidden).Select(argument =>
    {
        var name = argument.Name + (argument.Arity.MaximumNumberOfValues > 1 ? " ..." : "");
        return argument.Arity.MinimumNumberOfValues == 0 ? $" [{name}]" : " " + name;
    }));

    static IEnumerable<string> PathTo(Command command) =>
        command is RootCommand ? ["slipway"] : [.. command.Parents.OfType<Command>().Take(1).SelectMany(PathTo), command.Name];
}
