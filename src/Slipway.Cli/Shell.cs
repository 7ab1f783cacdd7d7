using System.Collections;

namespace Slipway.Cli;

/// <summary>What the person's shell gives to a command: streams, variables, folder, and whether somebody is watching.</summary>
sealed record Shell
{
    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    /// <summary>Absolute.</summary>
    public required string Folder { get; init; }

    /// <summary>Standard output is a terminal that can move its cursor.</summary>
    public bool IsTerminal { get; init; }

    /// <summary>A question can be asked: standard input and output are a terminal.</summary>
    public bool CanAsk { get; init; }

    /// <summary>A line that is not shown while it is typed; null at the end of input.</summary>
    public Func<string?> ReadUnseen { get; init; } = () => null;

    /// <summary>Cells of a line; for a file or a pipe none is too long.</summary>
    public int Columns { get; init; } = int.MaxValue;

    /// <summary>A terminal, and NO_COLOR is not set (no-color.org).</summary>
    public bool Colors => IsTerminal && Variable("NO_COLOR") is null;

    public string? Variable(string name) => Variables.TryGetValue(name, out var value) && value.Length > 0 ? value : null;

    public static Shell Current()
    {
        var variables = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(entry => (string)entry.Key, entry => (string?)entry.Value ?? "", StringComparer.Ordinal);
        var terminal = !Console.IsOutputRedirected && variables.GetValueOrDefault("TERM") is not (null or "dumb");
        return new Shell
        {
            Out = Console.Out,
            Error = Console.Error,
            In = Console.In,
            Variables = variables,
            Folder = Environment.CurrentDirectory,
            IsTerminal = terminal,
            Columns = !terminal ? int.MaxValue : Console.WindowWidth is > 0 and var columns ? columns : 80,
            CanAsk = terminal && !Console.IsInputRedirected,
            ReadUnseen = ReadUnseenLine,
        };
    }

    static string? ReadUnseenLine()
    {
        var line = new System.Text.StringBuilder();
        while (true)
        {
            var key = Console.ReadKey(intercept: true);
            switch (key)
            {
                case { Key: ConsoleKey.Enter }: return line.ToString();
                case { Key: ConsoleKey.D, Modifiers: ConsoleModifiers.Control } when line.Length == 0: return null;
                case { Key: ConsoleKey.U, Modifiers: ConsoleModifiers.Control }: line.Clear(); break;
                case { Key: ConsoleKey.Backspace }: line.Length = Math.Max(0, line.Length - 1); break;
                case { KeyChar: var typed } when !char.IsControl(typed): line.Append(typed); break;
            }
        }
    }
}
