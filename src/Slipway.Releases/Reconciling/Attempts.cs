using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>How often a workload's instances ended or could not be started of late: 1 s before the next start, doubling to 30 s; a minute of quiet resets it.</summary>
sealed record Attempts(int Failures, DateTimeOffset NextAt, string? Refusal)
{
    static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public static Attempts Failed(Attempts? before, DateTimeOffset now, string? refusal)
    {
        var failures = (before?.Failures ?? 0) + 1;
        var wait = failures > 5 ? Longest : First * Math.Pow(2, failures - 1);
        return new Attempts(failures, now + (wait < Longest ? wait : Longest), refusal);
    }
}

/// <summary>The attempts of one app's workloads, counted from what is observed. Memory only: a new server begins with patience.</summary>
sealed class AttemptLog
{
    static readonly TimeSpan Stable = TimeSpan.FromSeconds(60);

    readonly Dictionary<WorkloadKey, Attempts> _attempts = [];
    readonly Dictionary<string, DateTimeOffset?> _ends = [];

    public IReadOnlyDictionary<WorkloadKey, Attempts> Snapshot() => _attempts.ToDictionary();

    /// <summary>Counts each end of an instance once, and those of one workload that are seen together as one.</summary>
    public void Observe(Plan plan, IReadOnlyList<Instance> instances, DateTimeOffset now)
    {
        var ended = new HashSet<WorkloadKey>();
        foreach (var instance in instances)
        {
            if (plan.Find(instance) is not { } planned) continue;
            if (instance.State == InstanceState.Exited && Completion.IsRestarted(instance, planned.Service))
            {
                if (_ends.TryGetValue(instance.Id, out var counted) && counted == instance.Finished) continue;
                _ends[instance.Id] = instance.Finished;
                ended.Add(planned.Key);
            }
        }
        // Three that end together (the engine was started anew) have not ended three times.
        foreach (var key in ended) _attempts[key] = Attempts.Failed(_attempts.GetValueOrDefault(key), now, null);
        foreach (var key in _attempts.Keys.ToList())
        {
            var own = instances.Where(i => WorkloadKey.Of(i) == key).ToList();
            if (own.Count == 0 ? _attempts[key].Refusal is null : own.All(i => i.State == InstanceState.Running && i.Started + Stable <= now)) _attempts.Remove(key);
        }
        foreach (var gone in _ends.Keys.Except(instances.Select(i => i.Id)).ToList()) _ends.Remove(gone);
    }

    public void Refused(WorkloadKey key, string message, DateTimeOffset now) =>
        _attempts[key] = Attempts.Failed(_attempts.GetValueOrDefault(key), now, message);
}
