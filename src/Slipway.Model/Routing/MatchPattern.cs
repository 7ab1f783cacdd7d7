using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Slipway.Model;

/// <summary>
/// Regular expressions of matches: .NET's without backtracking, so that the time of a look grows with the value's length and no further. That leaves
/// out back references and looking around.
/// </summary>
public static class MatchPattern
{
    /// <summary>Characters of an expression.</summary>
    public const int Longest = 512;

    /// <summary>What is right, for messages.</summary>
    public const string Expected = "a regular expression of at most 512 characters without back references and looking around, for the whole value, for example v[0-9]+";

    /// <summary>
    /// Far above what any look takes, also of a thread that has to wait for its turn: the time is that of the clock, and a request must not go astray because a machine
    /// is busy. Only an expression made to be slow comes to it, and then does not match.
    /// </summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <param name="pattern">For the whole value.</param>
    /// <param name="regex">Never backtracks. <see cref="RegexMatchTimeoutException"/> is no match.</param>
    /// <param name="why">A sentence about what is wrong.</param>
    public static bool TryCompile(string pattern, [NotNullWhen(true)] out Regex? regex, [NotNullWhen(false)] out string? why)
    {
        (regex, why) = (null, null);
        if (pattern.Length is 0 or > Longest)
        {
            why = pattern.Length == 0 ? "the regular expression is empty" : $"the regular expression has {pattern.Length} characters, of {Longest} that it may have";
            return false;
        }
        try
        {
            // By itself first: "a)(b" is one only between the brackets that are put around it.
            _ = new Regex(pattern, RegexOptions.CultureInvariant);
            regex = new Regex($@"\A(?:{pattern})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Patience);
            // What the first look takes longer for is done here, and not with a request.
            _ = regex.IsMatch("");
            return true;
        }
        catch (RegexParseException wrong)
        {
            why = $"'{pattern}' is no regular expression: {wrong.Error} at character {wrong.Offset + 1}";
        }
        catch (NotSupportedException)
        {
            why = $"'{pattern}' can't be looked for in a time that is sure: it looks around or back, or counts too far";
        }
        return false;
    }

    /// <summary>A path with stars, see <see cref="RequestMatch.Path"/>. It has a state for each of its characters at most, so that no time needs to be set for it.</summary>
    public static Regex CompilePath(string path) => new(
        $@"\A{Regex.Escape(path).Replace(@"\*\*", ".*", StringComparison.Ordinal).Replace(@"\*", "[^/]*", StringComparison.Ordinal)}\z",
        RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | RegexOptions.Singleline);
}
