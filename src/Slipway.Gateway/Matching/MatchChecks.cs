using Slipway.Model;

namespace Slipway.Gateway.Matching;

/// <summary>What is wrong with the matches of a table, before anything is changed. The Compose reader has said the same to people; this is for other writers.</summary>
static class MatchChecks
{
    /// <param name="key">Of the list.</param>
    /// <param name="add">Key, message, what was found, what is expected.</param>
    public static void Check(IReadOnlyList<RequestMatch>? matches, string key, Action<string, string, object, string> add)
    {
        if (matches is null) return;
        if (matches.Count is 0 or > MatchRules.Most) add(key, $"{matches.Count} are no list of matches", matches.Count, $"1 to {MatchRules.Most}, or none at all");
        for (var i = 0; i < matches.Count; i++) Check(matches[i], $"{key}[{i}]", add);
    }

    public static void Check(IReadOnlyList<GoalPolicy>? goals, string key, Action<string, string, object, string> add)
    {
        foreach (var (goal, i) in (goals ?? []).Select((goal, i) => (goal, i)))
        {
            Check(goal.Request, $"{key}[{i}].request", add);
            foreach (var status in goal.Statuses)
                if (status.Low < 100 || status.High > 599 || status.Low > status.High) add($"{key}[{i}].statuses", $"{status.Low} to {status.High} are no statuses", status.Low, "100 to 599");
        }
    }

    static void Check(RequestMatch? match, string key, Action<string, string, object, string> add)
    {
        if (match is null || match.Conditions is 0 or > MatchRules.MostConditions)
        {
            add(key, "the match names no condition, or too many", match?.Conditions ?? 0, $"1 to {MatchRules.MostConditions}");
            return;
        }
        foreach (var method in match.Methods)
            if (!MatchRules.IsMethod(method)) add($"{key}.methods", $"'{method}' is no method", method, MatchRules.ExpectedMethod);
        if (match.Path is { } path && !MatchRules.IsPath(path)) add($"{key}.path", $"'{path}' is no path", path, MatchRules.ExpectedPath);
        Check(match.Headers, $"{key}.headers", HeaderRules.IsName, add);
        Check(match.Query, $"{key}.query", MatchRules.IsQueryName, add);
        Check(match.Cookies, $"{key}.cookies", MatchRules.IsCookieName, add);
        foreach (var network in match.Addresses)
            if (!Cidr.TryParse(network, out _)) add($"{key}.addresses", $"'{network}' is no network", network, Cidr.Expected);
        foreach (var language in match.Languages)
            if (!MatchRules.IsLanguage(language)) add($"{key}.languages", $"'{language}' is no language range", language, MatchRules.ExpectedLanguage);
    }

    static void Check(IReadOnlyList<ValueCondition> values, string key, Func<string, bool> isName, Action<string, string, object, string> add)
    {
        foreach (var value in values)
        {
            if (!isName(value.Name ?? "")) add(key, $"'{value.Name}' is no name there", value.Name ?? "", "a name");
            if ((value.Value is null ? 0 : 1) + (value.Pattern is null ? 0 : 1) + (value.Absent ? 1 : 0) > 1) add(key, $"{value.Name} has several conditions that exclude each other", value.Name ?? "", "a value, a pattern, or that it is absent");
            if (value.Pattern is { } pattern && !MatchPattern.TryCompile(pattern, out _, out var why)) add(key, why, pattern, MatchPattern.Expected);
        }
    }
}
