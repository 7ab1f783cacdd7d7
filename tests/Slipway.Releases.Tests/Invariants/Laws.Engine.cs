using Slipway.Model;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>What is done to the engine.</summary>
sealed partial class Laws
{
    /// <summary>10: what is started is wanted by what is stored. 5: a rollback to a warm release starts nothing.</summary>
    void Applying(Workload workload)
    {
        if (_world.Stored(workload.App) is not { Removing: false } stored) throw new LawBrokenException(10, $"{workload.Service} of {workload.App} is started, and nothing of it is stored");
        var wanted = stored.Slots.Any(s => s.Leaving == Leaving.No && s.Release.Model.Find(workload.Service) is not null
            && WorkloadIdentity.HashesOf(s.Release)[workload.Service] == workload.Hash && workload.Image.EndsWith(s.Release.Images[workload.Service], StringComparison.Ordinal));
        if (!wanted) throw new LawBrokenException(10, $"{workload.Service} by {workload.Hash} is started, and no release in a slot wants it");
        if (_warmRollback is { } rollback && stored.Rollout?.Id == rollback && workload.App == Sample.App)
            throw new LawBrokenException(5, $"the rollback to a warm release starts {workload.Service} v{workload.Release}");
    }

    void Stopping(Instance instance)
    {
        if (instance.App == Walk.Bystander) throw new LawBrokenException(13, $"{instance.Name} of another app is stopped");
        if (_world.Stored(instance.App) is not { Removing: false } stored) return;
        foreach (var slot in stored.Slots.Where(s => s.Leaving == Leaving.No && s.Release.Model.Find(instance.Service) is not null))
        {
            var service = slot.Release.Model.Find(instance.Service)!;
            if (WorkloadIdentity.HashesOf(slot.Release)[service.Name] != instance.Hash || instance.Index > Full(stored, service)) continue;
            StopsWanted(stored, slot, service, instance);
        }
    }

    /// <summary>4: what is live stays whole, what is warm too. Only what never runs twice gives way to its successor, and a rolling rollout goes one by one.</summary>
    void StopsWanted(StoredApp stored, SlotState slot, ServiceModel service, Instance instance)
    {
        var isExclusive = stored.Slots.Where(s => s.Leaving == Leaving.No).Select(s => s.Release.Model.Find(service.Name)).OfType<ServiceModel>().Any(WorkloadPlanner.IsExclusive);
        if (isExclusive && stored.Holder != slot.Slot) return;
        if (slot.Standing == Standing.Staged) return;
        var isRolling = stored.Rollout is { State: RolloutState.Shifting } or { State: RolloutState.Holding, OneWay: not null } && stored.Target is { } target && ReleaseStrategy.Of(target.Model) == Strategy.Rolling;
        // Told to stop while the rollout went on: that is not taken back, another one is started in its place.
        if (_giving.Contains(instance.Id) && stored.Rollout is { State: RolloutState.RollingBack }) return;
        if (!isRolling || slot.Standing == Standing.Warm)
            throw new LawBrokenException(4, $"{instance.Name} is stopped, though v{slot.Release.Number} is {slot.Standing.ToString().ToLowerInvariant()}");
        if (!service.Release.IsRouted || isExclusive || _undisturbed != stored.Rollout!.Id) return;
        var full = Math.Min(Full(stored, service), stored.Target!.Model.Find(service.Name) is { } next ? Full(stored, next) : 0);
        foreach (var table in _world.Gateways.Tables)
            if (table.Routes.Where(r => r.App == stored.App && r.Service == service.Name && !r.IsPreview).Sum(r => r.Destinations.Sum(d => d.Upstreams.Count)) is var left && left < full)
                throw new LawBrokenException(4, $"{instance.Name} is stopped, and {left} of {full} instances of {service.Name} are left");
    }

    static void Removing(Instance instance)
    {
        if (instance.App == Walk.Bystander) throw new LawBrokenException(13, $"{instance.Name} of another app is removed");
        if (instance.State == InstanceState.Running) throw new LawBrokenException(3, $"{instance.Name} is removed while it runs");
    }

    /// <summary>4: a warm slot is cleared when its time is over, when the next release needs it, or where the strategy keeps nothing warm.</summary>
    void Slots(StoredApp before, StoredApp now)
    {
        foreach (var slot in before.Slots.Where(s => s is { Standing: Standing.Warm, Leaving: Leaving.No }))
        {
            if (now.In(slot.Slot) is { Leaving: Leaving.No } still && still.Release.Number == slot.Release.Number) continue;
            var isOver = slot.Since + ReleaseStrategy.Warm(slot.Release.Model) <= _world.Time.Now;
            var isNeeded = now.Rollout is not null && now.TargetSlot == slot.Slot;
            if (!isOver && !isNeeded) throw new LawBrokenException(4, $"v{slot.Release.Number} is warm since {slot.Since:HH:mm:ss}, and its slot is cleared");
        }
    }
}
