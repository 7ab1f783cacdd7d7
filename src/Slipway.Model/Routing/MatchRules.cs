using System.Text.Json;

namespace Slipway.Model;

/// <summary>What may stand in a <see cref="RequestMatch"/>, for whoever reads one.</summary>
public static class MatchRules
{
    /// <summary>Matches in a list.</summary>
    public const int Most = 32;

    /// <summary>Conditions in one match.</summary>
    public const int MostConditions = 32;

    public const string ExpectedMethod = "a method of HTTP in upper case, for example POST";

    public const string ExpectedPath = "a path that begins with /: a prefix like /api, or a pattern for the whole path with * (within a segment) and ** (anything)";

    public const string ExpectedLanguage = "a language range (RFC 4647), for example de, de-CH or zh-Hant";

    public static bool IsMethod(string text) => HeaderRules.IsName(text) && text.Length <= 32 && !text.Any(char.IsAsciiLetterLower);

    public static bool IsPath(string text) =>
        text is ['/', ..] && text.Length <= 1024 && !text.Any(char.IsControl) && text.IndexOfAny(['?', '#']) < 0 && !text.Contains("//", StringComparison.Ordinal)
        && !text.Contains("***", StringComparison.Ordinal);

    /// <summary>RFC 4647, section 2.1, a basic language range; not the *, which says nothing here.</summary>
    public static bool IsLanguage(string text) =>
        text.Split('-') is [{ Length: >= 1 and <= 8 } first, .. var rest] && first.All(char.IsAsciiLetter) && rest.All(part => part.Length is >= 1 and <= 8 && part.All(char.IsAsciiLetterOrDigit));

    /// <summary>Of a cookie (RFC 6265, section 4.1.1).</summary>
    public static bool IsCookieName(string text) => HeaderRules.IsName(text);

    /// <summary>Of a parameter of the query: anything that can be told apart.</summary>
    public static bool IsQueryName(string text) => text.Length is > 0 and <= 128 && !text.Any(char.IsControl);

    /// <summary>The same text for the same condition, whatever the order in which it was written.</summary>
    public static string Canonical(RequestMatch match) => JsonSerializer.Serialize(
        match with
        {
            Methods = [.. match.Methods.Order(StringComparer.Ordinal)],
            Headers = Sorted(match.Headers.Select(h => h with { Name = h.Name.ToLowerInvariant() })),
            Query = Sorted(match.Query),
            Cookies = Sorted(match.Cookies),
            Addresses = [.. match.Addresses.Order(StringComparer.Ordinal)],
            Languages = [.. match.Languages.Select(l => l.ToLowerInvariant()).Order(StringComparer.Ordinal)],
        }, ModelJson.Default.RequestMatch);

    /// <summary>What tells routes of one host and path apart: each match for itself, or an empty text where there is none.</summary>
    public static IEnumerable<string> Keys(IReadOnlyList<RequestMatch>? matches) => matches is { Count: > 0 } ? matches.Select(Canonical) : [""];

    /// <summary>Whether both hold the same matches, in whatever order.</summary>
    public static bool AreSame(IReadOnlyList<RequestMatch>? one, IReadOnlyList<RequestMatch>? other) => Keys(one).ToHashSet().SetEquals(Keys(other));

    static IReadOnlyList<ValueCondition> Sorted(IEnumerable<ValueCondition> values) => [.. values.OrderBy(v => v.Name, StringComparer.Ordinal)];

    /// <summary>Those that ask for nothing but an address: what a connection without requests can be told by.</summary>
    public static IReadOnlyList<RequestMatch> ByAddress(IReadOnlyList<RequestMatch>? matches) =>
        matches is null ? [] : [.. matches.Where(m => m is { Conditions: 1, Addresses.Count: > 0 })];
}
