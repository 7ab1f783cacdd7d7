using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>
/// How a canary's rollout changes, as it is stored. Pure; whoever stores it decides when.
/// <code>
///            ┌────────────── promote, or its time is over and the last verdict is a pass ──────────────┐
///   Enter ─► Begin (every gateway has the weight) ─► its time runs ─┬─► Enter the next ... ─► Baking ──┴─► Promoting
///                                                       ▲           └─► Hold: approval, paused, no data
///                                                       └──────────────── GoOn ◄───────┘
/// </code>
/// </summary>
static class CanaryMoves
{
    /// <summary>To this step: its weight is wanted from now on.</summary>
    /// <param name="how">How the step before ended.</param>
    /// <param name="onlyApprovals">See <see cref="CanaryProgress.OnlyApprovals"/>.</param>
    public static Rollout Enter(Rollout rollout, CanaryPolicy policy, int to, string how, string? by, DateTimeOffset now, bool onlyApprovals = false)
    {
        onlyApprovals |= rollout.Canary is { OnlyApprovals: true };
        var (step, weight, mirror) = (policy.Steps[to], onlyApprovals ? 0 : policy.WeightAt(to), onlyApprovals ? null : policy.MirrorAt(to)?.Share);
        var isSame = rollout.Canary is { } before && before.Weight == weight && before.Mirror == mirror;
        return rollout with
        {
            State = StateAt(step),
            Step = to,
            Changed = now,
            Canary = new CanaryProgress
            {
                Weight = weight,
                Mirror = mirror,
                Pardoned = rollout.Canary?.Pardoned,
                Settled = isSame ? rollout.Canary!.Settled : null,
                Hold = step.IsApproval ? CanaryHold.Approval : null,
                Asks = step.Approve,
                OnlyApprovals = onlyApprovals,
                History = [.. Ended(rollout, how, by, now), new CanaryStepRecord(to, weight, now, Mirror: mirror)],
            },
        };
    }

    /// <summary>To this step, or behind the last one out of the steps.</summary>
    public static Rollout GoTo(Rollout rollout, CanaryPolicy policy, int to, string how, string? by, DateTimeOffset now) =>
        to < policy.Steps.Count ? Enter(rollout, policy, to, how, by, now) : Leave(rollout, RolloutState.Promoting, how, by, now);

    /// <summary>Every gateway serves by the weight.</summary>
    public static Rollout Begin(Rollout rollout, DateTimeOffset now) => rollout with
    {
        Canary = rollout.Canary! with { Settled = now, Since = rollout.Canary.Hold is null ? now : null },
    };

    /// <summary>The step's time stands still, and what has passed of it is kept.</summary>
    /// <param name="by">The account, where a person asked for it.</param>
    public static Rollout Hold(Rollout rollout, CanaryHold why, DateTimeOffset now, string? by = null) => rollout with
    {
        State = RolloutState.Holding,
        Changed = now,
        Canary = rollout.Canary! with
        {
            Hold = why,
            Elapsed = rollout.Canary.Elapsed + (rollout.Canary.Since is { } since ? now - since : TimeSpan.Zero),
            Since = null,
            History = Turned(rollout, why switch { CanaryHold.NoData => "no-data", CanaryHold.Frozen => "frozen", CanaryHold.Ended => "ended", CanaryHold.OneWay => "failed", _ => "paused" }, by, now),
        },
    };

    public static Rollout GoOn(Rollout rollout, CanaryPolicy policy, DateTimeOffset now, string? by = null) => rollout with
    {
        State = StateAt(policy.Steps[rollout.Step]),
        Changed = now,
        Canary = rollout.Canary! with { Hold = null, Since = rollout.Canary.Settled is null ? null : now, History = Turned(rollout, "resumed", by, now) },
    };

    /// <summary>One of several approvals.</summary>
    public static Rollout Approve(Rollout rollout, Approval given) => rollout with
    {
        Changed = given.At,
        Canary = rollout.Canary! with { Approvals = [.. rollout.Canary.Approvals, given], History = Turned(rollout, "approved", given.By, given.At) },
    };

    /// <summary>Out of the steps: to what is live then, or back.</summary>
    public static Rollout Leave(Rollout rollout, RolloutState state, string how, string? by, DateTimeOffset now) => rollout with
    {
        State = state,
        Changed = now,
        Canary = rollout.Canary is { } progress ? progress with { Hold = null, Since = null, History = Ended(rollout, how, by, now) } : null,
    };

    static RolloutState StateAt(CanaryStep step) => step.IsApproval ? RolloutState.Holding : step.IsBake ? RolloutState.Baking : RolloutState.Shifting;

    static IReadOnlyList<CanaryStepRecord> Turned(Rollout rollout, string what, string? by, DateTimeOffset now) =>
        rollout.Canary is { History: [.., { Ended: null } last] history } ? [.. history.SkipLast(1), last with { Turns = [.. last.Turns ?? [], new CanaryTurn(what, now, by)] }] : rollout.Canary!.History;

    static IReadOnlyList<CanaryStepRecord> Ended(Rollout rollout, string how, string? by, DateTimeOffset now) =>
        rollout.Canary is { History: [.., { Ended: null } last] history } ? [.. history.SkipLast(1), last with { Ended = now, End = how, By = by }] : rollout.Canary?.History ?? [];
}
