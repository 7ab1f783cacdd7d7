using Slipway.Model;
using Slipway.Releases;

namespace Slipway.Server.Builds;

/// <summary>
/// Writes what a build reports into its rollout's journal, at once and in order (<see cref="Progress{T}"/> would do neither).
/// Nothing after the build was cancelled: the rollout's end is written by then, and must be the last line.
/// </summary>
sealed class JournalProgress(RolloutJournal journal, long rollout, CancellationToken cancelled) : IProgress<RolloutEvent>
{
    public void Report(RolloutEvent value)
    {
        if (!cancelled.IsCancellationRequested) journal.Append(rollout, value);
    }
}
