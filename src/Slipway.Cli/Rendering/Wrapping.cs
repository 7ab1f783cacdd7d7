using System.Text;

namespace Slipway.Cli.Rendering;

/// <summary>
/// Breaks a sentence into lines: at spaces, and in Chinese text between any two characters, but neither before a closing mark nor after an opening one
/// (the simplest of the rules of Unicode UAX #14).
/// </summary>
static class Wrapping
{
    const string NeverFirst = "，。；：、！？）》”’」』", NeverLast = "（《“‘「『";

    /// <returns>At least one line. One is wider than asked for only where a single word is.</returns>
    public static IReadOnlyList<string> Lines(string text, int cells)
    {
        var lines = new List<string>();
        var line = "";
        foreach (var piece in Pieces(text))
        {
            if (line.Length > 0 && Width.Of(line) + Width.Of(piece.TrimEnd()) > cells)
            {
                lines.Add(line.TrimEnd());
                line = "";
            }
            line += piece;
        }
        lines.Add(line.TrimEnd());
        return lines;
    }

    /// <summary>The smallest parts that stay on one line; a word keeps the space behind it.</summary>
    static IEnumerable<string> Pieces(string text)
    {
        var piece = new StringBuilder();
        Rune? before = null;
        foreach (var rune in text.EnumerateRunes())
        {
            var mayBreak = before is { } last && !NeverFirst.Contains(rune.ToString(), StringComparison.Ordinal)
                && !NeverLast.Contains(last.ToString(), StringComparison.Ordinal)
                && (last.Value == ' ' || IsWide(last) || IsWide(rune));
            if (mayBreak && rune.Value != ' ')
            {
                yield return piece.ToString();
                piece.Clear();
            }
            piece.Append(rune.ToString());
            before = rune;
        }
        if (piece.Length > 0) yield return piece.ToString();
    }

    static bool IsWide(Rune rune) => Width.Of(rune.ToString()) == 2;
}
