using System.Globalization;
using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Registry.Rules.Retention;

/// <summary>
/// What a project keeps. A tag of which no rule speaks (by repository and tag) stays; one of which at least one rule speaks stays where one of them keeps
/// it, and else goes with its image. Their order decides only which rule is named.
/// </summary>
public sealed record RetentionPolicy
{
    public IReadOnlyList<RetentionRule> Rules { get; init; } = [];

    /// <summary>Images without a tag, in no index and attached to nothing, go when they have been so for this many days; null: they stay.</summary>
    public int? UntaggedAfterDays { get; init; }

    /// <summary>The hour of the day (0 to 23, UTC) at which it runs; null: only when asked.</summary>
    public int? Hour { get; init; }

    internal IEnumerable<Diagnostic?> Check(string project)
    {
        if (Rules.Count == 0 && UntaggedAfterDays is null) yield return Wrong("rules", "", "the policy has no rule", "at least one rule, or untaggedAfterDays");
        if (Rules.Count > 50) yield return Wrong("rules", Text(Rules.Count), "too many rules", "at most 50");
        if (UntaggedAfterDays is < 1) yield return Wrong("untaggedAfterDays", Text(UntaggedAfterDays.Value), "no age", "1 or more days");
        if (Hour is < 0 or > 23) yield return Wrong("hour", Text(Hour.Value), "no hour", "0 to 23, UTC");
        for (var i = 0; i < Rules.Count; i++)
            foreach (var wrong in Rules[i].Check(project, $"rules[{Text(i)}]")) yield return wrong;
    }

    internal static Diagnostic Wrong(string key, string found, string message, string expected) => new() { Message = found.Length == 0 ? message : $"'{found}': {message}", Key = key, Found = found, Expected = expected };

    internal static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    public override string ToString() =>
        string.Join("; ", Rules) + (UntaggedAfterDays is { } days ? $"; untagged after {Text(days)} days" : "") + (Hour is { } hour ? $"; daily at {Text(hour)}:00 UTC" : "");
}

/// <summary>One rule: what it speaks of, and what of that it keeps.</summary>
public sealed record RetentionRule
{
    public required RetentionKeep Keep { get; init; }

    /// <summary>Pattern of repositories, over the whole name.</summary>
    public string Repositories { get; init; } = "**";

    /// <summary>Pattern of tags.</summary>
    public string Tags { get; init; } = "**";

    /// <summary>last: images of each repository; versions: of each major version.</summary>
    public int? Count { get; init; }

    /// <summary>pushed and pulled: days.</summary>
    public int? Days { get; init; }

    /// <summary>labelled: NAME or NAME=VALUE.</summary>
    public string? Label { get; init; }

    internal IEnumerable<Diagnostic?> Check(string project, string key)
    {
        yield return ProjectScope.CheckRepositories(project, Repositories, $"{key}.repositories");
        yield return ProjectScope.CheckPattern(Tags, $"{key}.tags");
        if (Keep is RetentionKeep.Last or RetentionKeep.Versions && Count is not > 0)
            yield return RetentionPolicy.Wrong($"{key}.count", Count is { } count ? RetentionPolicy.Text(count) : "", "no number of images", "1 or more");
        if (Keep is RetentionKeep.Pushed or RetentionKeep.Pulled && Days is not > 0)
            yield return RetentionPolicy.Wrong($"{key}.days", Days is { } days ? RetentionPolicy.Text(days) : "", "no number of days", "1 or more");
        if (Keep is RetentionKeep.Labelled && Images.ImageLabels.CheckFilter(Label) is { } wrong) yield return wrong with { Key = $"{key}.label" };
    }

    public override string ToString()
    {
        var what = Keep switch
        {
            RetentionKeep.Last => $"last {Count}",
            RetentionKeep.Pushed => $"pushed within {Days} days",
            RetentionKeep.Pulled => $"pulled within {Days} days",
            RetentionKeep.Labelled => $"label {Label}",
            RetentionKeep.Versions => $"newest {Count} of each major version",
            _ => "always",
        };
        return Repositories == "**" && Tags == "**" ? what : $"{what} ({Repositories}:{Tags})";
    }
}

[JsonConverter(typeof(JsonStringEnumConverter<RetentionKeep>))]
public enum RetentionKeep
{
    /// <summary>The images pushed last, <see cref="RetentionRule.Count"/> of each repository.</summary>
    [JsonStringEnumMemberName("last")] Last,

    /// <summary>Tags that were pushed or moved within <see cref="RetentionRule.Days"/>.</summary>
    [JsonStringEnumMemberName("pushed")] Pushed,

    /// <summary>Images that were pulled within <see cref="RetentionRule.Days"/>.</summary>
    [JsonStringEnumMemberName("pulled")] Pulled,

    /// <summary>Everything that the patterns match.</summary>
    [JsonStringEnumMemberName("always")] Always,

    /// <summary>Images that have the <see cref="RetentionRule.Label"/>, or whose repository has it.</summary>
    [JsonStringEnumMemberName("labelled")] Labelled,

    /// <summary>The newest <see cref="RetentionRule.Count"/> versions (SemVer 2.0.0, with or without v) of each major one; other tags are not kept by it.</summary>
    [JsonStringEnumMemberName("versions")] Versions,
}
