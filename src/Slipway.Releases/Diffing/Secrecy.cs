using System.Text.RegularExpressions;

namespace Slipway.Releases.Diffing;

/// <summary>What is not shown. By names, as people give them; too much masked is a nuisance, too little a leak.</summary>
static partial class Secrecy
{
    public const string Mask = "***";

    /// <summary>Whether a variable or key of this name is likely to hold a secret.</summary>
    public static bool IsName(string name) => SecretName().IsMatch(name);

    /// <summary>Passwords in URLs (RFC 3986, section 3.2.1) and behind options that are named like secrets are masked.</summary>
    public static string? Masked(string? text) =>
        text is null ? null : SecretOption().Replace(UserInfo().Replace(text, $"$1{Mask}@"), $"$1{Mask}");

    [GeneratedRegex("pass(word|wd|phrase)?|secret|token|credential|api[-_]?key|(private|signing|encryption|access|master|session)[-_]?key|_key$|^key$|authorization|dsn|salt", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretName();

    [GeneratedRegex(@"([a-z][a-z0-9+.-]*://[^\s:/@?#]*:)[^\s/?#]+@", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"(-[\w-]*(?:pass|secret|token|credential|key)[\w-]*(?:=|\s+|', '))[^\s',\]]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant)]
    private static partial Regex SecretOption();
}
