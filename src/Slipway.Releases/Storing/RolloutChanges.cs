using System.Globalization;
using Slipway.Model;
using Slipway.Releases.Canary;

namespace Slipway.Releases.Storing;

/// <summary>What is remembered of a rollout's change: its history of states, and the events. Pure.</summary>
static class RolloutChanges
{
    /// <param name="before">As it is stored; null where it begins.</param>
    public static IReadOnlyList<RolloutStateRecord> History(Rollout? before, Rollout next, string? by)
    {
        if (before is null) return [new RolloutStateRecord(next.State, next.Created, By: by ?? next.By)];
        if (before.State == next.State) return before.History;
        var past = before.History is [.., { Ended: null } last] history ? [.. history.SkipLast(1), last with { Ended = next.Changed }] : before.History;
        return [.. past, new RolloutStateRecord(next.State, next.Changed, next.State.IsEnded ? next.Changed : null, by)];
    }

    public static IEnumerable<ReleaseEvent> Events(Rollout? before, Rollout next, string? by)
    {
        if (before is null) yield return Of(next, ReleaseEvents.RolloutStarted, by ?? next.By, next.Kind == RolloutKind.Rollback ? $"rollback to v{next.Release}" : next.Source?.Note);
        if (before?.Canary is { } was && next.Canary is { } now && now.Approvals.Count > was.Approvals.Count && now.Approvals[^1] is var given)
            yield return Of(next, ReleaseEvents.Approved, given.By, string.Create(CultureInfo.InvariantCulture, $"{now.Approvals.Count} of {now.Asks?.Count ?? 1} approvals"));
        if (before?.Canary is { } left && Ended(left, next) is { End: "approved" }) yield return Of(next, ReleaseEvents.Approved, by, left.Asks is { Count: > 1 } asks ? $"{asks.Count} of {asks.Count} approvals" : null);
        if (before is not null)
            foreach (var happened in GateEvents(before, next, by)) yield return happened;
        if (next.Canary is { } progress && progress.History.Count > (before?.Canary?.History.Count ?? 0))
        {
            yield return Of(next, ReleaseEvents.StepEntered, by, $"step {next.Step + 1}, with {CanarySteps.Percent(progress.Weight)} of the requests");
            if (progress.Hold is { } why) yield return Holding(next, why, by);
        }
        else if (before is not null && next.Canary?.Hold != before.Canary?.Hold && next.State is RolloutState.Shifting or RolloutState.Holding or RolloutState.Baking)
        {
            yield return next.Canary?.Hold is { } why ? Holding(next, why, by) : Of(next, ReleaseEvents.Resumed, by, null);
        }
        if (before is null || before.State == next.State) yield break;
        var type = next.State switch
        {
            RolloutState.Holding when next.Canary is null => ReleaseEvents.Holding,
            RolloutState.Promoting => ReleaseEvents.Promoting,
            RolloutState.RollingBack => ReleaseEvents.RollingBack,
            RolloutState.RolledBack => ReleaseEvents.RolledBack,
            RolloutState.Done => ReleaseEvents.Done,
            RolloutState.Failed => ReleaseEvents.Failed,
            RolloutState.Cancelled => ReleaseEvents.Cancelled,
            RolloutState.Superseded => ReleaseEvents.Superseded,
            _ => null,
        };
        if (type is not null) yield return Of(next, type, by, next.State == RolloutState.Holding ? next.OneWay?.Reason ?? $"it waits for {(next.Gate?.Asks is { } asked ? ApprovalWords.Wanted(asked) : "a promote")}" : next.Error?.Split('\n')[0]);
    }

    static IEnumerable<ReleaseEvent> GateEvents(Rollout before, Rollout next, string? by)
    {
        var (was, now) = (before.Gate ?? new ReleaseGate(), next.Gate ?? new ReleaseGate());
        if (next.DespiteApprovals && !before.DespiteApprovals) yield return Of(next, ReleaseEvents.Approved, by, "without the approvals that it waited for");
        if (now.Met.Count > was.Met.Count) yield return Of(next, ReleaseEvents.Approved, by, now.Met[^1].Rule.Count is > 1 and var all ? $"{all} of {all} approvals" : null);
        else if (now.Approvals.Count > was.Approvals.Count) yield return Of(next, ReleaseEvents.Approved, by, $"{now.Approvals.Count} of {now.Asks?.Count ?? 1} approvals");
        if (before.State == RolloutState.Holding && next.State == RolloutState.Holding && now.Asks is { } asks && asks != was.Asks)
            yield return Of(next, ReleaseEvents.Holding, by, $"it waits for {ApprovalWords.Wanted(asks)}");
    }

    /// <summary>The step that the change has ended.</summary>
    static CanaryStepRecord? Ended(CanaryProgress before, Rollout next) =>
        before.History is [.., { Ended: null }] && next.Canary is { } now && now.History.Count >= before.History.Count && now.History[before.History.Count - 1] is { Ended: not null } step ? step : null;

    public static ReleaseEvent Of(Rollout rollout, string type, string? by, string? text) => new()
    {
        Time = rollout.Changed,
        Type = type,
        App = rollout.App,
        Rollout = rollout.Id,
        Release = rollout.Release,
        From = rollout.From,
        Step = rollout.Canary is null ? null : rollout.Step,
        Weight = rollout.Canary?.Weight,
        By = by,
        Text = text,
    };

    static ReleaseEvent Holding(Rollout rollout, CanaryHold why, string? by) => why switch
    {
        CanaryHold.Paused => Of(rollout, ReleaseEvents.Paused, by, null),
        CanaryHold.Approval => Of(rollout, ReleaseEvents.Holding, by, $"it waits for {ApprovalWords.Wanted(rollout.Canary!.Asks)}"),
        CanaryHold.Frozen => Of(rollout, ReleaseEvents.Holding, by, "it is frozen"),
        CanaryHold.OneWay => Of(rollout, ReleaseEvents.Holding, by, rollout.OneWay?.Reason),
        CanaryHold.Ended => Of(rollout, ReleaseEvents.Holding, by, "the experiment is over"),
        _ => Of(rollout, ReleaseEvents.Holding, by, "the judge has no data"),
    };
}
