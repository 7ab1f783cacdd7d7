using System.Text;
using System.Text.RegularExpressions;

namespace Slipway.Pipelines.Images.Dockerfiles;

/// <summary>
/// Splits a Dockerfile into instructions: parser directives, comments, continuation lines, heredocs (Dockerfile reference, "Format").
/// What it does not know it leaves to the engine: only what would hide a FROM matters here.
/// </summary>
internal static partial class DockerfileLines
{
    /// <param name="syntax">The image that <c># syntax=</c> names, with its line; null where there is none.</param>
    /// <param name="escape">\ or `.</param>
    public static IReadOnlyList<Instruction> Split(string text, out (string Image, int Line)? syntax, out char escape)
    {
        var lines = text.TrimStart('\uFEFF').Replace("\r\n", "\n", StringComparison.Ordinal).Split('\n');
        (syntax, escape) = ReadDirectives(lines);

        var instructions = new List<Instruction>();
        for (var i = 0; i < lines.Length; i++)
        {
            if (IsBlank(lines[i]) || IsComment(lines[i])) continue;
            var first = i;
            var joined = Join(lines, ref i, escape);
            var space = joined.AsSpan().IndexOfAny(' ', '\t');
            var instruction = space < 0
                ? new Instruction(first + 1, joined.ToUpperInvariant(), "")
                : new Instruction(first + 1, joined[..space].ToUpperInvariant(), joined[space..].Trim());
            instructions.Add(instruction);
            SkipHeredocs(instruction, lines, ref i);
        }
        return instructions;
    }

    /// <summary>Directives come before anything else, one on a line; the first line that is none ends them.</summary>
    static ((string, int)? Syntax, char Escape) ReadDirectives(string[] lines)
    {
        (string, int)? syntax = null;
        var escape = '\\';
        for (var i = 0; i < lines.Length && Directive().Match(lines[i]) is { Success: true } directive; i++)
        {
            var value = directive.Groups["value"].Value;
            switch (directive.Groups["name"].Value.ToUpperInvariant())
            {
                case "SYNTAX":
                    syntax = (value, i + 1);
                    break;
                case "ESCAPE" when value is "`" or "\\":
                    escape = value[0];
                    break;
                default:
                    break;
            }
        }
        return (syntax, escape);
    }

    static string Join(string[] lines, ref int i, char escape)
    {
        var joined = new StringBuilder();
        while (true)
        {
            var line = lines[i].TrimEnd();
            // The line goes on when the escape character ends it; comments and blank lines in between don't end it.
            if (line.Length == 0 || line[^1] != escape) return joined.Append(line).ToString().Trim();
            joined.Append(line, 0, line.Length - 1);
            do i++;
            while (i < lines.Length && (IsComment(lines[i]) || IsBlank(lines[i])));
            if (i >= lines.Length) return joined.ToString().Trim();
        }
    }

    static void SkipHeredocs(Instruction instruction, string[] lines, ref int i)
    {
        if (instruction.Keyword is not ("RUN" or "COPY" or "ADD")) return;
        foreach (Match heredoc in Heredoc().Matches(instruction.Arguments))
        {
            var (word, trims) = (heredoc.Groups["word"].Value, heredoc.Groups["trim"].Length > 0);
            var end = Array.FindIndex(lines, i + 1, line => (trims ? line.TrimStart('\t') : line) == word);
            // Without its end it is no heredoc (a here-string, a shift in arithmetic): the engine will judge.
            if (end > 0) i = end;
        }
    }

    static bool IsBlank(string line) => string.IsNullOrWhiteSpace(line);

    static bool IsComment(string line) => line.AsSpan().TrimStart().StartsWith("#", StringComparison.Ordinal);

    [GeneratedRegex(@"^\s*#\s*(?<name>[A-Za-z][A-Za-z0-9]*)\s*=\s*(?<value>.+?)\s*$")]
    private static partial Regex Directive();

    [GeneratedRegex(@"(?<!<)<<(?<trim>-?)(?<quote>[""']?)(?<word>[A-Za-z_][A-Za-z0-9_.]*)\k<quote>")]
    private static partial Regex Heredoc();
}
