using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>What an approval waits for, as words.</summary>
static class ApprovalWords
{
    public static string Wanted(ApprovalRule? rule) => (rule ?? new ApprovalRule()).Wanted;

    /// <summary>1 of 2 approvals, by alice</summary>
    public static string Given(ApprovalRule? rule, IReadOnlyList<Approval> given) =>
        $"{given.Count} of {rule?.Count ?? 1} approvals, by {string.Join(" and ", given.Select(a => a.By))}";
}
