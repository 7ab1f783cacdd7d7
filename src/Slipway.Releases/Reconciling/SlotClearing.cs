using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// <code>
/// warm ──(kept long enough, or the slot is needed)──► draining ──(its instances gone)──► detaching ──(networks empty)──► free
/// </code>
/// </summary>
static class SlotClearing
{
    public static void Decide(AppView view, DecisionBuilder decision)
    {
        foreach (var slot in view.Stored.Slots)
            switch (slot.Leaving)
            {
                case Leaving.No when slot.Standing == Standing.Warm:
                    Expire(view, slot, decision);
                    break;
                case Leaving.Draining:
                    if (view.Surplus.Any() || view.Jobs.Any(j => j.Release == slot.Release.Number) || SharedIsBusy(view, slot, decision)) break;
                    decision.Do(new Step.Clear(slot.Slot, Leaving.Detaching));
                    break;
                case Leaving.Detaching:
                    if (!view.Plan.Workloads.Any(w => view.Of(w).Any(i => Convergence.IsMisattached(i, w.Workload) || ComesBack(view, w, i)))) decision.Do(new Step.FreeSlot(slot.Slot));
                    break;
            }
    }

    /// <summary>
    /// One that is down keeps the slot's networks, and is detached as it is started again. One that keeps ending is not waited for: the next release,
    /// which may mend it, needs the slot.
    /// </summary>
    static bool ComesBack(AppView view, PlannedWorkload planned, Instance instance) =>
        Completion.IsRestarted(instance, planned.Service) && !(view.Attempts.TryGetValue(planned.Key, out var attempts) && attempts.Failures >= FailureJudge.MostEnds);

    static void Expire(AppView view, SlotState slot, DecisionBuilder decision)
    {
        if (view.Stored.Rollout?.Release == slot.Release.Number) return;
        var until = slot.Since + ReleaseStrategy.Warm(slot.Release.Model);
        if (until <= view.Now) decision.Do(new Step.Clear(slot.Slot, Leaving.Draining));
        else decision.LookAgain(until);
    }

    /// <summary>
    /// A routed instance that the other slot shares had an address in this slot's networks; requests that went there are cut when it is
    /// detached. The gateway counts by instance, not by address, so that under load only time can tell that they have ended.
    /// </summary>
    static bool SharedIsBusy(AppView view, SlotState slot, DecisionBuilder decision)
    {
        foreach (var planned in view.Plan.Workloads.Where(w => w.Service.Release.IsRouted && w.Workload.Networks.Any(n => IsOf(slot, n))))
            foreach (var instance in view.Of(planned))
            {
                var (requests, sockets, connections) = Convergence.Traffic(view, instance.Id);
                var policy = Convergence.DrainOf(view, planned.Service.Name);
                var until = sockets is null or > 0 && policy.WebSockets > policy.Requests ? slot.Since + policy.WebSockets : slot.Since + policy.Requests;
                if (connections is > 0 && slot.Since + policy.Connections > until) until = slot.Since + policy.Connections;
                if ((requests, sockets, connections) is (0, 0, 0) || until <= view.Now) continue;
                decision.LookAgain(until);
                return true;
            }
        return false;
    }

    static bool IsOf(SlotState slot, WorkloadNetwork network) =>
        network.Name.StartsWith(WorkloadPlanner.NetworkName(slot.Release.App, slot.Slot, ""), StringComparison.Ordinal);
}
