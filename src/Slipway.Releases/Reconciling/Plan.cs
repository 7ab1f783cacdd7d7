using Slipway.Model;
using Slipway.Releases.Jobs;

namespace Slipway.Releases.Reconciling;

/// <summary>What should run for one app, by what is stored.</summary>
sealed record Plan
{
    public static Plan Empty { get; } = new() { Workloads = [], InForce = new Dictionary<(Slot, string), PlannedWorkload>() };

    public required IReadOnlyList<PlannedWorkload> Workloads { get; init; }

    /// <summary>For each slot and service the workload that serves it; a shared one serves both slots.</summary>
    public required IReadOnlyDictionary<(Slot Slot, string Service), PlannedWorkload> InForce { get; init; }

    /// <summary>Jobs of the release that is being staged, in the order of its services.</summary>
    public IReadOnlyList<PlannedJob> Jobs { get; init; } = [];

    public PlannedWorkload? Find(Instance instance) => Workloads.FirstOrDefault(w => w.Has(instance));

    public bool Wants(Instance instance) => Find(instance) is { } planned && instance.Index >= 1 && instance.Index <= planned.Workload.Replicas;
}

sealed record PlannedWorkload
{
    public required Workload Workload { get; init; }

    public required ServiceModel Service { get; init; }

    /// <summary>The slot whose release's model it follows.</summary>
    public required Slot Owner { get; init; }

    /// <summary>The number of the release in <see cref="Owner"/>.</summary>
    public required int Release { get; init; }

    /// <summary>The slots whose releases it serves.</summary>
    public required IReadOnlyList<Slot> Slots { get; init; }

    /// <summary>Never runs beside another version of itself.</summary>
    public required bool IsExclusive { get; init; }

    public WorkloadKey Key => new(Workload.Service, Workload.Hash);

    public bool Has(Instance instance) =>
        instance.Service == Workload.Service && instance.Hash == Workload.Hash && instance.Release == Workload.Release;
}

/// <summary>What tells the workloads of one app apart.</summary>
readonly record struct WorkloadKey(string Service, string Hash)
{
    public static WorkloadKey Of(Instance instance) => new(instance.Service, instance.Hash);
}
