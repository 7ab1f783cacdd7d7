using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>
/// Judges the running instances of one app by their readiness gates (<see cref="ReadyGate"/>): an HTTP GET or a gRPC health check where the file asks for one; else the
/// health check; else a TCP connect to the routed port; else that it keeps running. Those that ask something are probed on after they passed, so that an
/// instance which stops answering leaves the routes. Probes run beside the caller: a slow one delays nothing.
/// </summary>
sealed class Readiness(Probe probe, TimeProvider time, Action changed) : IDisposable
{
    /// <summary>Probes that must fail in a row before an instance that was ready no longer is.</summary>
    const int FailsToLeave = 3;

    readonly Lock _lock = new();
    readonly Dictionary<string, Entry> _entries = [];
    readonly CancellationTokenSource _ended = new();

    /// <summary>The verdicts on these instances now. Forgets every other one, and begins with those that are new.</summary>
    public IReadOnlyDictionary<string, Verdict> Judge(Plan plan, IReadOnlyList<Instance> instances)
    {
        var verdicts = new Dictionary<string, Verdict>();
        var targets = new HashSet<string>();
        foreach (var instance in instances.Where(i => i.State == InstanceState.Running))
            if (plan.Find(instance) is { } planned && TargetOf(instance, planned) is { } target)
            {
                targets.Add(instance.Id);
                Begin(target);
            }
        lock (_lock)
            foreach (var gone in _entries.Keys.Except(targets).ToList()) _entries.Remove(gone);
        StartDue();
        foreach (var instance in instances.Where(i => i.State == InstanceState.Running))
            if (plan.Find(instance) is { } planned) verdicts[instance.Id] = targets.Contains(instance.Id) ? Known(instance.Id) : WithoutProbe(instance, planned.Service);
        return verdicts;
    }

    /// <summary>Starts the probes whose time has come; says when the next one's comes, or null.</summary>
    public DateTimeOffset? StartDue()
    {
        var now = time.GetUtcNow();
        List<Entry> due;
        lock (_lock)
        {
            due = [.. _entries.Values.Where(e => !e.IsRunning && e.Next <= now)];
            foreach (var entry in due) entry.IsRunning = true;
        }
        foreach (var entry in due) _ = Run(entry);
        lock (_lock) return _entries.Values.Where(e => !e.IsRunning).Min(e => e.Next);
    }

    /// <summary>When an instance whose gate is only that it keeps running becomes ready; null when none waits for that.</summary>
    public DateTimeOffset? NextByTime(Plan plan, IReadOnlyList<Instance> instances)
    {
        var now = time.GetUtcNow();
        return instances.Where(i => i is { State: InstanceState.Running, Health: InstanceHealth.None, Started: not null })
            .Select(i => (Instance: i, Planned: plan.Find(i)))
            .Where(p => p.Planned is { } planned && TargetOf(p.Instance, planned) is null)
            .Select(p => (DateTimeOffset?)SettledAt(p.Instance, p.Planned!.Service.Release.Ready))
            .Where(at => at > now).Min();
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
    }

    static ProbeTarget? TargetOf(Instance instance, PlannedWorkload planned)
    {
        var (release, gate) = (planned.Service.Release, planned.Service.Release.Ready);
        var isAsked = (gate.Http ?? gate.Grpc) is not null && release.Port is not null;
        var byConnect = instance.Health == InstanceHealth.None && release is { IsRouted: true, Port: not null };
        if (!isAsked && !byConnect) return null;
        return RoutePlanner.AddressOf(instance, planned.Owner) is { } address
            ? new ProbeTarget(instance.Id, instance.Started, address, release.Port!.Value, gate.Http, gate.Every, gate.Timeout, gate.Passes) { Grpc = gate.Grpc, Protocol = release.Protocol } : null;
    }

    Verdict WithoutProbe(Instance instance, ServiceModel service) => instance.Health switch
    {
        InstanceHealth.Healthy => Verdict.Ready,
        InstanceHealth.Starting or InstanceHealth.Unhealthy => Verdict.Unready,
        _ when service.Release.IsRouted && instance.Addresses.Count == 0 => Verdict.Unready,
        _ => SettledAt(instance, service.Release.Ready) <= time.GetUtcNow() ? Verdict.Ready : Verdict.Unready,
    };

    static DateTimeOffset SettledAt(Instance instance, ReadyGate gate) => (instance.Started ?? instance.Created) + (gate.Every * gate.Passes);

    void Begin(ProbeTarget target)
    {
        lock (_lock)
            if (!_entries.TryGetValue(target.Instance, out var known) || !IsSame(known.Target, target))
                _entries[target.Instance] = new Entry { Target = target, Next = time.GetUtcNow() };
    }

    /// <summary>What it has passed is what would be asked.</summary>
    static bool IsSame(ProbeTarget one, ProbeTarget other) =>
        (one.Started, one.Port, one.Http, one.Grpc, one.Protocol) == (other.Started, other.Port, other.Http, other.Grpc, other.Protocol);

    Verdict Known(string instance)
    {
        lock (_lock) return _entries[instance].Verdict;
    }

    async Task Run(Entry entry)
    {
        bool passed;
        try
        {
            passed = await probe(entry.Target, _ended.Token);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        bool isNew;
        lock (_lock)
        {
            var before = entry.Verdict;
            entry.Count(passed);
            entry.IsRunning = false;
            // A connect says all there is to say once it worked: from then on the instance's end tells, and the gateway goes elsewhere when it is refused.
            entry.Next = entry is { Verdict: Verdict.Ready, Target.IsConnect: true } ? null : time.GetUtcNow() + entry.Target.Every;
            isNew = entry.Verdict != before;
        }
        if (isNew) changed();
    }

    sealed class Entry
    {
        public required ProbeTarget Target { get; init; }
        public DateTimeOffset? Next { get; set; }
        public bool IsRunning { get; set; }
        public Verdict Verdict { get; private set; }
        int _passes;
        int _fails;

        public void Count(bool passed)
        {
            (_passes, _fails) = passed ? (_passes + 1, 0) : (0, _fails + 1);
            if (_passes >= Target.Passes) Verdict = Verdict.Ready;
            else if (Verdict == Verdict.Unknown ? _fails > 0 : _fails >= FailsToLeave) Verdict = Verdict.Unready;
        }
    }
}
