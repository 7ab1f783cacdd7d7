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
        };
    }
}
