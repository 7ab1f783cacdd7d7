using System.Text.RegularExpressions;

namespace Slipway.Releases.Diffing;

/// <summary>What is not shown. By names, as people give them; too much masked is a nuisance, too little a leak.</summary>
static partial class Secrecy
{
    public const string Mask = "***";

    /// <summary>Whether a variable or key of this name is likely to hold a secret.</summary>
    public static bool IsName(string name) => SecretName().IsMatch(name);

    /// <summary>Passwords in URLs (RFC 3986, section 3.2.1), behind options and in assignments to variables that are named like secrets are masked.</summary>
    public static string? Masked(string? text) =>
        text is null ? null : SecretVariable().Replace(SecretOption().Replace(UserInfo().Replace(text, $"$1{Mask}@"), $"$1{Mask}"), $"$1{Mask}");

    /// <summary>A command line word by word: also a word of its own behind such an option.</summary>
    public static IReadOnlyList<string> Masked(IReadOnlyList<string> words) =>
        [.. words.Select((word, i) => i > 0 && BareOption().IsMatch(words[i - 1]) && !word.StartsWith('-') ? Mask : Masked(word)!)];

    [GeneratedRegex("pass(word|wd|phrase)?|secret|token|credential|api[-_]?key|(private|signing|encryption|access|master|session)[-_]?key|_key$|^key$|authorization|dsn|salt", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"([a-z][a-z0-9+.-]*://[^\s:/@?#]*:)[^\s/?#]+@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    // A value in quotes has blanks; one that is a variable of the container says nothing.
    [GeneratedRegex("""(-[\w-]*(?:pass|secret|token|credential|key)[\w-]*(?:=|\s+|', '))(?:'[^']*'|"[^"]*"|[^\s'",\]]+)""", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretOption();

    [GeneratedRegex("""\b([A-Z0-9_]*(?:PASS|SECRET|TOKEN|CREDENTIAL|KEY)[A-Z0-9_]*=)(?!"?\$)(?:'[^']*'|"[^"]*"|[^\s'",;\]]+)""", RegexOptions.CultureInvariant)]
    private static partial Regex SecretVariable();

    [GeneratedRegex(@"^--?[\w-]*(?:pass|secret|token|credential|key)[\w-]*$", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex BareOption();
}
