using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>What a request looks like: <c>when</c> and <c>match</c> of <c>x-release</c>, and the goals of an experiment.</summary>
static class MatchReader
{
    const string ExpectedMatch = "conditions, for example {header: {X-Preview: \"1\"}}, or a list of such mappings";

    /// <returns>Null: the key is not there, or nothing in it can be used.</returns>
    public static IReadOnlyList<RequestMatch>? Read(Field field)
    {
        if (field.IsMissing) return null;
        if (field.Node is Sequence { Items.Count: 0 }) field.Error("there is no match", ExpectedMatch, "[]");
        var matches = new List<RequestMatch>();
        var known = new HashSet<string>(StringComparer.Ordinal);
        foreach (var item in field.Node is Mapping ? [field] : field.Items())
        {
            if (One(item) is not { } match) continue;
            if (known.Add(MatchRules.Canonical(match))) matches.Add(match);
            else item.Error("the same match stands there twice", "each match once", "the same conditions");
        }
        if (matches.Count > MatchRules.Most) field.Error($"{matches.Count} matches are too many", $"at most {MatchRules.Most}", $"{matches.Count}");
        return matches.Count == 0 ? null : matches;
    }

    /// <summary><c>match</c>: who sees the new release before it gets everything.</summary>
    /// <param name="field">The service's own policy over the file's.</param>
    /// <param name="own">The service's own, for what only its author can have meant.</param>
    public static IReadOnlyList<RequestMatch>? ReadMatch(Field field, Field own, Strategy strategy)
    {
        if (strategy.StagesWhole) return Read(field["match"]);
        if (!field["match"].IsMissing)
        {
            if (field["strategy"].IsMissing) field["match"].Error("'match' belongs to a strategy that shows the new version beside the old one, and no strategy is named", "strategy: blue-green, canary or ab beside it", "match");
            else if (!own["match"].IsMissing) own["match"].Warn("not used: 'match' belongs to the strategies blue-green, canary and ab");
        }
        return null;
    }

    /// <summary>An app's services move as one group: who sees the new version of one sees those of all.</summary>
    public static void CheckGroup(IReadOnlyList<ServiceModel> services, Reading reading)
    {
        var sharing = services.Where(s => s.Release.IsRouted && s.Release.Strategy.StagesWhole).ToList();
        foreach (var other in sharing.Skip(1).Where(s => !MatchRules.AreSame(s.Release.Match, sharing[0].Release.Match)))
        {
            var own = reading.Services[other.Name]["x-release"];
            var place = own.IsMissing ? reading.Services[other.Name] : own["match"].IsMissing ? own : own["match"];
            place.Error($"'{sharing[0].Name}' and '{other.Name}' differ in match; who sees the new version of one service must see that of all", "the same match for both: write it in the file's own x-release", "match");
        }
    }

    /// <summary>One mapping of conditions; null where it has an error.</summary>
    public static RequestMatch? One(Field field)
    {
        if (field.Node is not Mapping)
        {
            field.Error($"{field.Node?.Kind ?? "nothing"} is no match", ExpectedMatch);
            return null;
        }
        var match = new RequestMatch
        {
            Methods = Checked(field["method"], MatchRules.IsMethod, text => $"'{text}' is no method", MatchRules.ExpectedMethod),
            Path = PathOf(field["path"]),
            Headers = Values(field["header"], HeaderRules.IsName, "a header's name", StringComparer.OrdinalIgnoreCase),
            Query = Values(field["query"], MatchRules.IsQueryName, "a parameter's name, not escaped", StringComparer.Ordinal),
            Cookies = Values(field["cookie"], MatchRules.IsCookieName, "a cookie's name", StringComparer.Ordinal),
            Addresses = Checked(field["address"], text => Cidr.TryParse(text, out _), text => $"'{text}' is no network", Cidr.Expected),
            Languages = Checked(field["language"], MatchRules.IsLanguage, text => $"'{text}' is no language range", MatchRules.ExpectedLanguage),
        };
        if (match.Conditions == 0 && field.Node is Mapping { Entries: var entries } && entries.All(e => e.Value is Mapping { Entries.Count: 0 } or Sequence { Items.Count: 0 } || e.Value.IsNull))
            field.Error("the match names no condition: every request would match", "at least one of method, header, query, cookie, address and language", "{}");
        if (match.Conditions > MatchRules.MostConditions) field.Error($"{match.Conditions} conditions are too many", $"at most {MatchRules.MostConditions}", $"{match.Conditions}");
        return match.Conditions == 0 ? null : match;
    }

    static List<string> Checked(Field field, Func<string, bool> isRight, Func<string, string> wrong, string expected)
    {
        var texts = new List<string>();
        foreach (var item in field.Node is Scalar { IsNullText: false } ? [field] : field.Items())
            if (item.Text() is { } text)
            {
                if (!isRight(text)) item.Error(wrong(text), expected);
                else if (texts.Contains(text)) item.Error($"'{text}' stands there twice", "each once");
                else texts.Add(text);
            }
        return texts;
    }

    static string? PathOf(Field field)
    {
        if (field.Text() is not { } text) return null;
        if (MatchRules.IsPath(text)) return text.Length > 1 ? text.TrimEnd('/') : text;
        field.Error($"'{text}' is no path to compare with", MatchRules.ExpectedPath);
        return null;
    }

    static List<ValueCondition> Values(Field field, Func<string, bool> isName, string expectedName, StringComparer names)
    {
        var values = new List<ValueCondition>();
        foreach (var (name, value) in field.Entries())
        {
            if (!isName(name)) value.Error($"'{name}' is no name there", expectedName, name);
            else if (values.Any(v => names.Equals(v.Name, name))) value.Error($"'{name}' stands there twice: both conditions can't be meant", "each name once", name);
            else if (Value(name, value) is { } match) values.Add(match);
        }
        return values;
    }

    static ValueCondition? Value(string name, Field field)
    {
        const string Expected = "a value, {regex: EXPRESSION}, {present: true} or {present: false}";
        if (field.Node is Scalar { IsNullText: false }) return new ValueCondition { Name = name, Value = field.Text() };
        var (regex, present) = (field["regex"], field["present"]);
        if (field.Node is not Mapping || (regex.IsMissing && present.IsMissing)) field.Error($"it does not say what is looked for in '{name}'", Expected, name);
        else if (!regex.IsMissing && !present.IsMissing) field.Error($"regex and present stand beside each other for '{name}'", "one of them: what matches an expression is present", name);
        else if (regex.Text() is { } pattern)
        {
            if (MatchPattern.TryCompile(pattern, out _, out var why)) return new ValueCondition { Name = name, Pattern = pattern };
            regex.Error(why, MatchPattern.Expected);
        }
        else if (present.Bool() is { } isThere) return new ValueCondition { Name = name, Absent = !isThere };
        return null;
    }
}
