using Slipway.Model;
using Slipway.Releases.Reconciling;

namespace Slipway.Releases.Jobs;

/// <summary>A job that the release about to be brought in has to run, and how far it is.</summary>
sealed record PlannedJob
{
    public required ServiceModel Service { get; init; }

    /// <summary>Among the jobs of the service, from 1.</summary>
    public required int Number { get; init; }

    public required JobModel Job { get; init; }

    public required Workload Workload { get; init; }

    /// <summary>Null: nothing of it is stored, and nothing of it has happened.</summary>
    public JobRun? Run { get; init; }

    public WorkloadKey Key => new(Workload.Service, Workload.Hash);

    public bool IsDone => Run is { IsDone: true };

    /// <summary>Its container; the name says which it is, and names are used once.</summary>
    public Instance? Find(IReadOnlyList<Instance> jobs) => jobs.FirstOrDefault(i => Is(i, Workload.Release, Workload.Service, Number));

    public static bool Is(Instance instance, int release, string service, int number) =>
        instance.Job == number && instance.Release == release && instance.Service == service;
}
