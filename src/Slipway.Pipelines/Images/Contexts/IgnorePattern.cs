using System.Text;
using System.Text.RegularExpressions;

namespace Slipway.Pipelines.Images.Contexts;

/// <summary>
/// One line of a .dockerignore: Go's filepath.Match with <c>**</c> for any number of folders, over paths from the context's root with '/'.
/// (Dockerfile reference, ".dockerignore file"; behaviour of moby/patternmatcher.)
/// </summary>
internal sealed class IgnorePattern
{
    // A '?' is one character as a person sees it in UTF-8, which is two UTF-16 units above the basic plane.
    const string AnyCharacter = @"(?:[\uD800-\uDBFF][\uDC00-\uDFFF]|[^/])";

    static readonly char[] Special = ['*', '?', '[', ']', '\\'];

    readonly Regex? _regex;
    readonly string? _suffix;

    IgnorePattern(string text, bool isException, Regex? regex, string? suffix) => (Text, IsException, _regex, _suffix) = (text, isException, regex, suffix);

    /// <summary>The cleaned pattern without its '!'.</summary>
    public string Text { get; }

    /// <summary>Began with '!': what it matches is sent after all.</summary>
    public bool IsException { get; }

    /// <summary>Matches one path only, so that folders which don't lead to it need not be walked.</summary>
    public bool IsLiteral => Text.AsSpan().IndexOfAny(Special) < 0;

    /// <param name="line">One line, trimmed, neither empty nor a comment.</param>
    /// <exception cref="FormatException">The line is no pattern; the message says why.</exception>
    public static IgnorePattern Parse(string line)
    {
        var isException = line[0] == '!';
        var written = isException ? line[1..].Trim() : line;
        if (written.Length == 0) throw new FormatException("'!' stands alone; it must be followed by a pattern");
        var text = Clean(written);

        // "**x" is a plain suffix to Docker, also inside a name; with anything else to match it means "any folders, then".
        if (text.StartsWith("**", StringComparison.Ordinal) && text.AsSpan(2).IndexOfAny(Special) < 0)
            return new IgnorePattern(text, isException, null, text[2..]);
        return new IgnorePattern(text, isException, new Regex(Translate(text), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline), null);
    }

    /// <summary>The path itself matches; its parents are not looked at.</summary>
    public bool Matches(string path)
    {
        if (_suffix is null) return _regex!.IsMatch(path);
        return path.EndsWith(_suffix, StringComparison.Ordinal) || (_suffix.StartsWith('/') && path.AsSpan().SequenceEqual(_suffix.AsSpan(1)));
    }

    /// <summary>Go's path.Clean, and without the leading '/': the context is the root.</summary>
    internal static string Clean(string path)
    {
        var parts = new List<string>();
        foreach (var part in path.Split('/'))
        {
            if (part is "" or ".") continue;
            if (part != "..") parts.Add(part);
            else if (parts.Count > 0 && parts[^1] != "..") parts.RemoveAt(parts.Count - 1);
            else if (!path.StartsWith('/')) parts.Add(part);
        }
        return parts.Count > 0 ? string.Join('/', parts) : path.StartsWith('/') ? "/" : ".";
    }

    static string Translate(string pattern)
    {
        var regex = new StringBuilder(@"\A");
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '*' when i + 1 < pattern.Length && pattern[i + 1] == '*':
                    i++;
                    if (i + 1 < pattern.Length && pattern[i + 1] == '/') i++;
                    regex.Append(i + 1 == pattern.Length ? ".*" : "(?:.*/)?");
                    break;
                case '*':
                    regex.Append("[^/]*");
                    break;
                case '?':
                    regex.Append(AnyCharacter);
                    break;
                case '[':
                    i = TranslateClass(pattern, i, regex);
                    break;
                case '\\':
                    if (++i == pattern.Length) throw new FormatException("'\\' at the end escapes nothing");
                    regex.Append(Regex.Escape(pattern[i].ToString()));
                    break;
                default:
                    regex.Append(pattern[i] == ']' ? @"\]" : Regex.Escape(pattern[i].ToString()));
                    break;
            }
        }
        return regex.Append(@"\z").ToString();
    }

    /// <summary>'[' ['^'] { character | character '-' character } ']', at least one, '\' escapes (Go filepath.Match).</summary>
    static int TranslateClass(string pattern, int start, StringBuilder regex)
    {
        var i = start + 1;
        regex.Append('[');
        if (i < pattern.Length && pattern[i] == '^')
        {
            regex.Append('^');
            i++;
        }
        for (var ranges = 0; ; ranges++)
        {
            if (i < pattern.Length && pattern[i] == ']' && ranges > 0) break;
            var low = ClassCharacter(pattern, ref i);
            var high = low;
            if (i < pattern.Length && pattern[i] == '-')
            {
                i++;
                high = ClassCharacter(pattern, ref i);
            }
            if (high < low) throw new FormatException($"the range '{low}-{high}' runs backwards");
            regex.Append(@"\u").Append(((int)low).ToString("X4", null)).Append('-').Append(@"\u").Append(((int)high).ToString("X4", null));
        }
        regex.Append(']');
        return i;
    }

    static char ClassCharacter(string pattern, ref int i)
    {
        if (i < pattern.Length && pattern[i] is '-' or ']') throw new FormatException($"'{pattern[i]}' in '[...]' must be written as '\\{pattern[i]}'");
        if (i < pattern.Length && pattern[i] == '\\') i++;
        if (i >= pattern.Length) throw new FormatException("'[' has no ']'");
        return pattern[i++];
    }
}
