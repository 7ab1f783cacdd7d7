using Slipway.Model;
using Slipway.Releases.Storing;

namespace Slipway.Releases.Reconciling;

enum Verdict
{
    /// <summary>Not yet judged by this server; what the stored table says of it holds.</summary>
    Unknown,
    Ready,
    Unready,
}

/// <summary>All that a decision is made from: what is wanted, what is, and the time.</summary>
sealed record AppView
{
    public required StoredApp Stored { get; init; }

    public required Plan Plan { get; init; }

    /// <summary>Of services. Jobs are in <see cref="Jobs"/>.</summary>
    public required IReadOnlyList<Instance> Instances { get; init; }

    /// <summary>Containers of jobs that releases run before they start.</summary>
    public IReadOnlyList<Instance> Jobs { get; init; } = [];

    /// <summary>By the engine's identifier; running instances only.</summary>
    public required IReadOnlyDictionary<string, Verdict> Verdicts { get; init; }

    public required IReadOnlyDictionary<WorkloadKey, Attempts> Attempts { get; init; }

    /// <summary>The highest version of the table that every gateway has acknowledged.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Null where no gateway reports.</summary>
    public IReadOnlyList<GatewayReport>? Reports { get; init; }

    /// <summary>When <see cref="Reports"/> were asked for; a little before <see cref="Now"/> where others asked too.</summary>
    public DateTimeOffset? ReportedAt { get; init; }

    public required DateTimeOffset Now { get; init; }

    /// <summary>Every gateway serves by the app's stored routes. An app that never had any doesn't wait for one.</summary>
    public bool IsSettled => Stored.RouteVersion == 0 || Acknowledged >= Stored.RouteVersion;

    public IEnumerable<Instance> Surplus => Instances.Where(i => !Wants(i));

    /// <summary>Not what was told to stop: it ends, whatever is wanted now.</summary>
    public bool Wants(Instance instance) => Plan.Wants(instance) && !Stored.Stopping.Contains(instance.Id);

    public Verdict VerdictOf(Instance instance) => Verdicts.GetValueOrDefault(instance.Id);

    public IEnumerable<Instance> Of(PlannedWorkload planned) => Instances.Where(i => planned.Has(i) && Wants(i)).OrderBy(i => i.Index);

    /// <summary>Every service of the slot's release has all its instances ready, or done.</summary>
    public bool IsReady(SlotState slot) => slot.Release.Model.Services.All(s =>
        Plan.InForce.TryGetValue((slot.Slot, s.Name), out var planned) && IsReady(planned));

    public bool IsReady(PlannedWorkload planned)
    {
        var instances = Of(planned).ToList();
        return instances.Count == planned.Workload.Replicas && instances.All(i => VerdictOf(i) == Verdict.Ready || Completion.IsDone(i, planned.Service));
    }
}

/// <summary>Services that end by themselves: jobs.</summary>
static class Completion
{
    /// <summary>A service that people's requests go to is never done, whatever code it ends with.</summary>
    public static bool IsDone(Instance instance, ServiceModel service) =>
        !service.Release.IsRouted && instance is { State: InstanceState.Exited, ExitCode: 0 } && service.Container.Restart.Kind is (null or RestartKind.No or RestartKind.OnFailure);

    /// <summary>Whether an instance that isn't running is to be started again.</summary>
    public static bool IsRestarted(Instance instance, ServiceModel service) => instance.State switch
    {
        InstanceState.Created => true,
        InstanceState.Exited => !IsDone(instance, service) && service.Container.Restart.Kind != RestartKind.No,
        _ => false,
    };
}
