using System.Text;
using System.Text.RegularExpressions;

namespace Slipway.Registry.Mirroring;

/// <summary>A pattern of repository names or tags: <c>*</c> is any text without '/', <c>**</c> any text, everything else itself; <c>{a,b}</c> is a or b.</summary>
sealed class NamePattern
{
    public const string Rule = "a name in which * stands for any text without '/', ** for any text, {a,b} for a or b";
    const int MaxLength = 300;

    readonly Regex _regex;

    NamePattern(string text, Regex regex) => (Text, _regex) = (text, regex);

    public string Text { get; }

    public static NamePattern? TryParse(string? text)
    {
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength) return null;
        var regex = new StringBuilder("^");
        var depth = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case '*' when i + 1 < text.Length && text[i + 1] == '*':
                    regex.Append(".*");
                    i++;
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '{':
                    if (++depth > 1) return null;
                    regex.Append("(?:");
                    break;
                case '}':
                    if (--depth < 0) return null;
                    regex.Append(')');
                    break;
                case ',' when depth > 0:
                    regex.Append('|');
                    break;
                case var c when char.IsAsciiLetterOrDigit(c) || c is '.' or '_' or '-' or '/':
                    regex.Append(Regex.Escape(c.ToString()));
                    break;
                default:
                    return null;
            }
        }
        // Without backtracking: matching takes linear time, whatever the pattern.
        return depth == 0 ? new NamePattern(text, new Regex(regex.Append(@"\z").ToString(), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant)) : null;
    }

    public bool Matches(string name) => _regex.IsMatch(name);
}
