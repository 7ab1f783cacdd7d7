using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Jobs;

/// <summary>
/// A declared one-way step blocks automatic rollback past it: docs/design/one-way-steps.md. What counts is whether the release that took it has had
/// requests. Before that a failure moves nothing back. After it the old release would meet data that the new one has written, and a person decides.
/// </summary>
static class OneWaySteps
{
    /// <summary>One-way steps that the rollout's release took, while it has had requests; none: it may be taken back.</summary>
    public static IReadOnlyList<JobRun> Blocking(StoredApp stored) => stored.Rollout is { } rollout && HadRequests(stored, rollout) ? Taken(stored) : [];

    public static IReadOnlyList<JobRun> Taken(StoredApp stored) =>
        stored.Rollout is { Kind: not RolloutKind.Rollback } && stored.LiveSlot is not null && stored.Target is { } target ? [.. stored.Jobs.Where(r => r.Release == target.Number && r.IsBarrier)] : [];

    /// <summary>Steps that were taken behind a release: it knows nothing of them.</summary>
    public static IReadOnlyList<JobRun> Behind(StoredApp stored, int release) => [.. stored.Jobs.Where(r => r.Release > release && r.IsBarrier)];

    /// <summary>The rollout has failed: back to what is live, or, past a one-way step, it holds until a person decides.</summary>
    public static void Fail(AppView view, Step.Fail failure, DecisionBuilder decision)
    {
        var (stored, taken) = (view.Stored, Taken(view.Stored));
        if (taken.Count == 0) decision.Do(failure);
        else if (Blocking(stored).Count == 0)
            decision.Do(failure with { Reason = $"{failure.Reason.TrimEnd('.')}. {JobWords.Steps(taken)}, which stays done: v{stored.Live} goes on with what it left" });
        else if (stored.Rollout!.OneWay is null)
            decision.Do(new Step.HoldOneWay($"{failure.Reason.TrimEnd('.')}. {Held(stored, taken)}"));
    }

    /// <summary>What a person is told who would go back over it.</summary>
    public static string Refusal(StoredApp stored, IReadOnlyList<JobRun> taken, string goBack) =>
        $"{JobWords.Steps(taken)} and has had requests: v{stored.Live} may not get along with what they left. To go back all the same: {goBack} --past-one-way. To go on: slipway promote {stored.App}";

    static string Held(StoredApp stored, IReadOnlyList<JobRun> taken) =>
        $"{JobWords.Steps(taken)}, so that it is not taken back by itself, and keeps the requests that it has. To take it back all the same: slipway abort {stored.App} --past-one-way. To let it go on: slipway promote {stored.App}";

    /// <summary>A share of them, or those that a match names.</summary>
    static bool HadRequests(StoredApp stored, Rollout rollout) =>
        rollout.OneWay is not null
        || (rollout.Canary is { } canary ? canary.Weight > 0 || canary.History.Any(h => h.Weight > 0) : rollout.State == RolloutState.Shifting)
        || (rollout.State is RolloutState.Holding or RolloutState.Shifting or RolloutState.Baking or RolloutState.Promoting && ReleaseStrategy.MatchOf(stored.Target!.Model) is not null);
}
