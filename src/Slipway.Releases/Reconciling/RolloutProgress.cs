using Slipway.Model;
using Slipway.Releases.Canary;
using Slipway.Releases.Governing;
using Slipway.Releases.Jobs;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// The rollout's own way, decided by the server (a person's commands are in <see cref="Rollouts"/>):
/// <code>
/// Queued ─► Building ─► Staging ─► Verifying ─┬─(blue-green, something is live)─► Holding ─(promote)─┐    before any of them: Gates
///                                             ├─(canary)─► Shifting ⇄ Holding ─► Baking ──────────┐    │
///                                             ├─(rolling)─► Shifting 0, 1, 2 … ──(all shifted)──┐    │
///                                             └─(first release, auto-promote)──────────────────┐│    │
///   warm rollback ─────────────────────────────────────────────────────────────────────────► Promoting ─► Retaining ─► Done
///   until the new release is live, any failure or abort ─► RollingBack ─► RolledBack, or Failed where nothing was live
///   but a failure past a one-way step, once it has had requests ─► Holding ─(promote, abort --past-one-way)─► as it was, or RollingBack
/// </code>
/// </summary>
static class RolloutProgress
{
    /// <param name="view">What is known.</param>
    /// <param name="isSettled">The routes are as they should be, and every gateway serves by them.</param>
    /// <param name="decision">Gets the steps.</param>
    public static void Decide(AppView view, bool isSettled, DecisionBuilder decision)
    {
        var stored = view.Stored;
        if (stored.Rollout is not { } rollout || stored.Target is not { } target) return;
        switch (rollout.State)
        {
            case RolloutState.Staging:
                Stage(view, target, decision);
                break;
            case RolloutState.Verifying:
                Verify(view, rollout, target, isSettled, decision);
                break;
            case RolloutState.Shifting or RolloutState.Holding or RolloutState.Baking when CanaryRun.Of(stored) is { } run:
                if (rollout.OneWay is null && FailureOf(view, run.Next, decision) is { } failure) OneWaySteps.Fail(view, failure, decision);
                else CanarySteps.Decide(view, run, isSettled, decision);
                break;
            case RolloutState.Holding when rollout is { Canary: null, OneWay: null } && Gates.Needed(stored) is var needed && needed != rollout.Gate?.Asks:
                decision.Do(new Step.Gate(needed));
                break;
            case RolloutState.Shifting:
                ShiftOn(view, rollout, isSettled, decision);
                break;
            case RolloutState.Promoting when stored.Live == target.Number:
                if (isSettled) decision.Do(new Step.Move(RolloutState.Retaining));
                else decision.WaitFor($"v{target.Number} is live as soon as the gateway acknowledges the new routes");
                break;
            case RolloutState.Promoting:
                Promote(view, target, decision);
                break;
            case RolloutState.Retaining:
                if (!view.Surplus.Any()) decision.Do(new Step.Move(RolloutState.Done));
                break;
            case RolloutState.RollingBack:
                RollBack(view, rollout, target, decision);
                break;
        }
    }

    static void Stage(AppView view, Release target, DecisionBuilder decision)
    {
        var stored = view.Stored;
        var occupant = stored.In(stored.TargetSlot);
        if (occupant is null) decision.Do(new Step.TakeSlot(stored.TargetSlot, target, WorkloadPlanner.OriginsOf(target, stored.LiveSlot)));
        else if (occupant is { Leaving: Leaving.No, Standing: Standing.Staged } && occupant.Release.Number == target.Number)
        {
            if (FailureOf(view, occupant, decision) is { } failure) OneWaySteps.Fail(view, failure, decision);
            else if (JobSteps.Decide(view, occupant, decision)) return;
            else if (Workloads(view, occupant).All(w => view.Of(w).Count() == w.Workload.Replicas)) decision.Do(new Step.Move(RolloutState.Verifying));
        }
        else if (occupant.Leaving == Leaving.No) decision.Do(new Step.Clear(occupant.Slot, Leaving.Draining));
        else decision.WaitFor($"the {occupant.Slot.Name} slot is being cleared of v{occupant.Release.Number}");
    }

    static void Verify(AppView view, Rollout rollout, Release target, bool isSettled, DecisionBuilder decision)
    {
        if (view.Stored.In(view.Stored.TargetSlot) is not { } staged) return;
        if (FailureOf(view, staged, decision) is { } failure) OneWaySteps.Fail(view, failure, decision);
        else if (view.IsReady(staged))
        {
            if (Gates.Needed(view.Stored) is { } rule)
            {
                // Who is asked to approve it goes and looks at its preview host.
                if (isSettled) decision.Do(new Step.Gate(rule));
                else decision.WaitFor($"v{target.Number} is ready; waiting for the gateway to acknowledge its preview host");
                return;
            }
            var strategy = ReleaseStrategy.Of(target.Model);
            var next = view.Stored.LiveSlot is null ? RolloutState.Promoting
                : strategy == Strategy.Rolling ? RolloutState.Shifting
                : rollout.AutoPromote ? RolloutState.Promoting
                : RolloutState.Holding;
            // Unseen it may wait; a switch doesn't begin. What goes back to an earlier release is let through: it was asked for, or not, by a person.
            if (rollout.Kind == RolloutKind.Deploy && (next != RolloutState.Holding || strategy.SharesRequests) && view.Stored.FrozenBy(view.Now) is { } freeze)
                decision.WaitFor($"v{target.Number} is ready; {FreezeWords.Of(freeze, target.App)}");
            else if (next == RolloutState.Holding && strategy.SharesRequests && !CanarySteps.SharesRequests(view))
                decision.Do(Approvals.Next(target.Model, -1) is { } strict ? new Step.EnterStep(strict, OnlyApprovals: true)
                    : new Step.Move(RolloutState.Promoting, "no service with a route has changed: there are no requests to share"));
            // Who is told that the release holds goes and looks at its preview host: it must be there by then.
            else if (next == RolloutState.Holding && !isSettled) decision.WaitFor($"v{target.Number} is ready; waiting for the gateway to acknowledge its preview host");
            else if (next == RolloutState.Holding && strategy.SharesRequests) decision.Do(new Step.EnterStep(0));
            else decision.Do(new Step.Move(next));
        }
    }

    static void ShiftOn(AppView view, Rollout rollout, bool isSettled, DecisionBuilder decision)
    {
        if (view.Stored.In(view.Stored.TargetSlot) is not { } staged) return;
        if (TakesOver(view, staged, decision)) return;
        if (FailureOf(view, staged, decision) is { } failure) OneWaySteps.Fail(view, failure, decision);
        else if (!view.IsReady(staged) || view.Surplus.Any()) return;
        else if (!isSettled) decision.WaitFor("waiting for the gateway to acknowledge the new routes");
        else if (rollout.Step < Shift.LastStep(view.Stored)) decision.Do(new Step.Advance(rollout.Step + 1));
        else decision.Do(new Step.GoLive(staged.Slot, KeepOldWarm: false));
    }

    static void Promote(AppView view, Release target, DecisionBuilder decision)
    {
        if (view.Stored.In(view.Stored.TargetSlot) is not { } next || next.Release.Number != target.Number) return;
        if (TakesOver(view, next, decision)) return;
        if (FailureOf(view, next, decision) is { } failure) OneWaySteps.Fail(view, failure, decision);
        else if (view.IsReady(next))
            decision.Do(new Step.GoLive(next.Slot, KeepOldWarm: ReleaseStrategy.Of(target.Model) != Strategy.Rolling));
        else decision.WaitFor($"waiting for v{target.Number} to be ready");
    }

    static void RollBack(AppView view, Rollout rollout, Release target, DecisionBuilder decision)
    {
        var stored = view.Stored;
        if (stored.LiveSlot is { } live)
        {
            if (stored.Holder != live.Slot)
            {
                decision.Do(new Step.Hold(live.Slot, $"v{live.Release.Number} is put back"));
                return;
            }
            // Of a canary the old release has stayed whole, however far its weight had come.
            var isWhole = rollout.Step == 0 || rollout.Canary is not null;
            var mayLeave = view.IsReady(live) || (isWhole && view.Now > rollout.Changed + Within(live));
            if (!mayLeave && (!isWhole || view.Plan.Workloads.Any(w => w.IsExclusive)))
            {
                if (rollout.Changed + Within(live) is var patience && patience > view.Now) decision.LookAgain(patience);
                decision.WaitFor($"waiting for v{live.Release.Number} to be ready again");
                return;
            }
        }
        switch (stored.In(stored.TargetSlot))
        {
            case { Standing: Standing.Staged, Leaving: Leaving.No } staged when staged.Release.Number == target.Number:
                decision.Do(new Step.Clear(staged.Slot, Leaving.Draining));
                break;
            case { Standing: Standing.Staged }:
                break;
            default:
                if (!view.Surplus.Any() && !JobClearing.IsBusy(view)) decision.Do(new Step.Move(stored.LiveSlot is null ? RolloutState.Failed : RolloutState.RolledBack, rollout.Error));
                break;
        }
    }

    /// <summary>Replaces the exclusive services that changed: the last thing before the switch, so that a release never promoted has touched nothing.</summary>
    static bool TakesOver(AppView view, SlotState next, DecisionBuilder decision)
    {
        if (view.Stored.LiveSlot is not { } live || view.Stored.Holder == next.Slot) return false;
        var hashes = WorkloadIdentity.HashesOf(next.Release);
        var replaced = view.Plan.Workloads
            .Where(w => w.IsExclusive && w.Owner == live.Slot && hashes.TryGetValue(w.Service.Name, out var hash) && hash != w.Workload.Hash)
            .Select(w => w.Service.Name).ToList();
        if (replaced.Count == 0) return false;
        decision.Do(new Step.Hold(next.Slot, $"{string.Join(", ", replaced)} of v{live.Release.Number} is replaced by that of v{next.Release.Number}"));
        return true;
    }

    static Step.Fail? FailureOf(AppView view, SlotState slot, DecisionBuilder decision) =>
        Workloads(view, slot).Select(w => FailureJudge.Judge(view, w, slot.Release, decision)).FirstOrDefault(f => f is not null);

    static IEnumerable<PlannedWorkload> Workloads(AppView view, SlotState slot) => view.Plan.Workloads.Where(w => w.Slots.Contains(slot.Slot));

    static TimeSpan Within(SlotState slot) => slot.Release.Model.Services.Select(s => s.Release.Ready.Within).DefaultIfEmpty(TimeSpan.Zero).Max();
}
