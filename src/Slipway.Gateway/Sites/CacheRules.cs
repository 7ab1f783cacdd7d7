using System.Text.RegularExpressions;
using Slipway.Gateway.Routing;
using Slipway.Model;

namespace Slipway.Gateway.Sites;

/// <summary>Cache-Control of a site's files: the first rule that matches; else a name with a hash in it is for keeping, and everything else is asked for again.</summary>
sealed class CacheRules(IReadOnlyList<CacheRule> rules)
{
    readonly (Func<string, bool> Matches, string Control)[] _rules = [.. rules.Select(r => (Compile(r.Path), r.Control))];

    public string Of(string path)
    {
        foreach (var (matches, control) in _rules)
            if (matches(path)) return control;
        return HashedNames.Holds(path) ? CacheRule.Immutable : CacheRule.Revalidated;
    }

    static Func<string, bool> Compile(string pattern)
    {
        var isName = !pattern.Contains('/', StringComparison.Ordinal);
        if (!pattern.Contains('*', StringComparison.Ordinal))
        {
            var prefix = pattern.TrimEnd('/');
            return isName ? path => path.AsSpan(path.LastIndexOf('/') + 1).SequenceEqual(pattern) : path => PathPrefix.Covers(prefix, path);
        }
        var regex = MatchPattern.CompilePath(pattern);
        return path => Matches(regex, isName ? path[(path.LastIndexOf('/') + 1)..] : path);
    }

    static bool Matches(Regex regex, string text)
    {
        try
        {
            return regex.IsMatch(text);
        }
        catch (RegexMatchTimeoutException)
        {
            return false;
        }
    }
}
