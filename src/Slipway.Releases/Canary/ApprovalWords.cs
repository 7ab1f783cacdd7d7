using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>What an approval waits for, as words.</summary>
static class ApprovalWords
{
    /// <summary>2 approvals by release-managers, not of the person who deployed it</summary>
    public static string Wanted(ApprovalRule? rule)
    {
        if (rule is null) return "an approval";
        var what = rule.Count > 1 ? $"{rule.Count} approvals" : "an approval";
        return what + (rule.By is { } role ? $" by {role}" : "") + (rule.NotAuthor ? ", not of the person who deployed it" : "");
    }

    /// <summary>1 of 2 approvals, by alice</summary>
    public static string Given(ApprovalRule? rule, IReadOnlyList<Approval> given) =>
        $"{given.Count} of {rule?.Count ?? 1} approvals, by {string.Join(" and ", given.Select(a => a.By))}";
}
