using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>What an approval waits for, as words.</summary>
static class ApprovalWords
{
    public static string Wanted(ApprovalRule? rule) => (rule ?? new ApprovalRule()).Wanted;

    /// <summary>1 of 2 approvals, by alice</summary>
    public static string Given(CanaryProgress progress) =>
        $"{progress.Approvals.Count} of {progress.Asks?.Count ?? 1} approvals, by {string.Join(" and ", progress.Approvals.Select(a => a.By))}";
}
