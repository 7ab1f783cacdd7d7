using System.Globalization;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Slipway.Engines;
using Slipway.Model;

namespace Slipway.Contracts;

/// <summary>
/// An engine in memory, by the words of <see cref="IEngine"/>, with faults to order. Every call ends before it returns, so that what a
/// reconciler does with it is the same each time. Time comes from the clock that it is given. Thread-safe.
/// </summary>
public sealed class FakeEngine(TimeProvider time) : IEngine
{
    readonly Lock _lock = new();
    readonly Dictionary<string, Container> _containers = [];
    readonly HashSet<string> _networks = [];
    readonly HashSet<string> _volumes = [];
    readonly List<ChannelWriter<EngineEvent>> _watchers = [];
    readonly List<Pending> _pending = [];
    int _ids;
    int _addresses;

    public string Kind => "fake";

    /// <summary>No engine answers.</summary>
    public bool IsAway { get; set; }

    /// <summary>Called before and after every effect; what it throws is thrown at the caller: a crash at that point.</summary>
    public Action<string>? Before { get; set; }

    public Action<string>? After { get; set; }

    /// <summary>Instances of workloads for which this says true end at once with this code.</summary>
    public Func<Workload, int?> EndsWith { get; set; } = _ => null;

    /// <summary>The health of a running instance.</summary>
    public Func<Instance, InstanceHealth> HealthOf { get; set; } = _ => InstanceHealth.None;

    /// <summary>What the engine says instead of starting the workload.</summary>
    public Func<Workload, string?> Refuses { get; set; } = _ => null;

    /// <summary>Seen just before an instance is stopped.</summary>
    public Action<Instance>? Stopping { get; set; }

    /// <summary>
    /// How long a stop takes, as that of a program that ends its work first: until then the instance runs on, and the call does not return. It ends by
    /// <see cref="Tick"/>, whoever called.
    /// </summary>
    public Func<Instance, TimeSpan>? StopTakes { get; set; }

    /// <summary>How long a start takes; until then the instance is created and no more.</summary>
    public Func<Workload, TimeSpan>? StartTakes { get; set; }

    /// <summary>Seen before a workload is applied.</summary>
    public Action<Workload>? Applying { get; set; }

    /// <summary>Seen before a job's container is made.</summary>
    public Action<Workload>? Making { get; set; }

    /// <summary>Seen before an instance is removed.</summary>
    public Action<Instance>? Removing { get; set; }

    /// <summary>Seen when an instance was started, with every other one.</summary>
    public Action<IReadOnlyList<Instance>>? Started { get; set; }

    public IReadOnlyCollection<string> Networks
    {
        get { lock (_lock) return [.. _networks]; }
    }

    public IReadOnlyCollection<string> Volumes
    {
        get { lock (_lock) return [.. _volumes]; }
    }

    /// <summary>Every start of a job, by the name of its instance, in order.</summary>
    public List<string> JobsStarted { get; } = [];

    /// <summary>What an instance has written so far; by default one line at its start.</summary>
    public Func<Instance, IReadOnlyList<string>> Says { get; set; } = i => [$"{i.Name} says what is wrong"];

    /// <summary>Images that were prepared, in order.</summary>
    public List<string> Prepared { get; } = [];

    public IReadOnlyList<Instance> All
    {
        get { lock (_lock) return [.. _containers.Values.Select(Snapshot)]; }
    }

    /// <summary>Calls that have not returned.</summary>
    public bool IsBusy
    {
        get { lock (_lock) return _pending.Count > 0; }
    }

    /// <summary>When the next of the calls under way returns.</summary>
    public DateTimeOffset? NextEnd
    {
        get { lock (_lock) return _pending.Count == 0 ? null : _pending.Min(p => p.Ends); }
    }

    /// <summary>Whether it was told to stop and still runs.</summary>
    public bool IsStopping(string id)
    {
        lock (_lock) return _pending.Any(p => p.Stops == id);
    }

    /// <summary>Calls whose time has come return.</summary>
    public void Tick()
    {
        while (true)
        {
            Pending? due;
            lock (_lock)
            {
                due = _pending.FirstOrDefault(p => p.Ends <= time.GetUtcNow());
                if (due is null) return;
                _pending.Remove(due);
                due.Effect();
            }
            due.Return();
        }
    }

    /// <summary>Nobody waits for the calls under way any more. What was told to stop stops all the same; what was being started stays created.</summary>
    public void Abandon(Exception why)
    {
        List<Pending> left;
        lock (_lock)
        {
            left = [.. _pending];
            _pending.RemoveAll(p => p.Stops is null);
        }
        foreach (var one in left) one.Break(why);
    }

    /// <summary>The instance ends by itself.</summary>
    public void Die(string id, int code = 137, bool outOfMemory = false)
    {
        lock (_lock)
        {
            if (!_containers.TryGetValue(id, out var container) || container.State != InstanceState.Running) return;
            End(container, code);
            container.OutOfMemory = outOfMemory;
            Tell(container, "die");
        }
    }

    /// <summary>The engine was started anew without keeping anything running.</summary>
    public void Restart()
    {
        lock (_lock)
            foreach (var container in _containers.Values.Where(c => c.State == InstanceState.Running)) End(container, 137);
    }

    public Task<EngineStatus> Status(CancellationToken cancel)
    {
        Answer(cancel);
        return Task.FromResult(new EngineStatus { Version = "Fake 1", ApiVersion = "1", OperatingSystem = "memory", Cpus = 1, Memory = 1 << 30, Address = "memory:" });
    }

    public Task<ImageFacts> Prepare(string image, CancellationToken cancel) => Effect($"prepare {image}", () =>
    {
        Prepared.Add(image);
        return new ImageFacts { Id = image };
    }, cancel);

    public Task Apply(Workload workload, CancellationToken cancel) => Effect($"apply {workload.Service} v{workload.Release}", () =>
    {
        Applying?.Invoke(workload);
        if (Refuses(workload) is { } reason) throw new EngineException(500, reason);
        foreach (var network in workload.Networks) _networks.Add(network.Name);
        foreach (var volume in workload.Volumes.Where(v => !v.External)) _volumes.Add(volume.Name);
        for (var index = 1; index <= workload.Replicas; index++)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"{workload.App}.{workload.Service}.v{workload.Release}.{index}");
            var container = _containers.Values.FirstOrDefault(c => c.Name == name);
            if (container is not null && container.Workload.Hash != workload.Hash) throw new EngineException(409, $"the name {name} is taken");
            if (container is null)
            {
                container = new Container { Id = string.Create(CultureInfo.InvariantCulture, $"c{++_ids}"), Name = name, Index = index, Workload = workload, Created = time.GetUtcNow() };
                _containers[container.Id] = container;
            }
            container.Workload = workload;
            Attach(container, workload);
        }
        if (StartTakes?.Invoke(workload) is not { Ticks: > 0 }) Start(workload);
        return true;
    }, cancel, StartTakes?.Invoke(workload) is { Ticks: > 0 } takes ? (takes, null, () => Start(workload)) : null);

    public Task Make(Workload job, CancellationToken cancel) => Effect($"make {job.Service} v{job.Release} before-{job.Job}", () =>
    {
        Making?.Invoke(job);
        if (Refuses(job) is { } reason) throw new EngineException(500, reason);
        foreach (var network in job.Networks) _networks.Add(network.Name);
        foreach (var volume in job.Volumes.Where(v => !v.External)) _volumes.Add(volume.Name);
        var name = string.Create(CultureInfo.InvariantCulture, $"{job.App}.{job.Service}.v{job.Release}.before-{job.Job}");
        if (_containers.Values.FirstOrDefault(c => c.Name == name) is { } there)
            return there.Workload.Hash == job.Hash ? true : throw new EngineException(409, $"the name {name} is taken");
        var made = new Container { Id = string.Create(CultureInfo.InvariantCulture, $"c{++_ids}"), Name = name, Index = 1, Workload = job, Created = time.GetUtcNow() };
        _containers[made.Id] = made;
        Attach(made, job);
        Tell(made, "create");
        return true;
    }, cancel);

    public Task StartOnce(string instance, CancellationToken cancel) => Effect($"start {instance}", () =>
    {
        if (!_containers.TryGetValue(instance, out var container) || container.State != InstanceState.Created) return true;
        if (Refuses(container.Workload) is { } reason) throw new EngineException(500, reason);
        JobsStarted.Add(container.Name);
        (container.State, container.Started) = (InstanceState.Running, time.GetUtcNow());
        if (EndsWith(container.Workload) is { } code) End(container, code);
        Tell(container, "start");
        Started?.Invoke([.. _containers.Values.Select(Snapshot)]);
        return true;
    }, cancel);

    public Task<IReadOnlyList<Instance>> Observe(AppName? app, CancellationToken cancel)
    {
        Answer(cancel);
        lock (_lock) return Task.FromResult<IReadOnlyList<Instance>>([.. _containers.Values.Where(c => app is null || c.Workload.App == app).Select(Snapshot)]);
    }

    public Task Stop(string instance, CancellationToken cancel)
    {
        TimeSpan? takes;
        lock (_lock)
        {
            takes = _containers.TryGetValue(instance, out var found) && found.State == InstanceState.Running ? StopTakes?.Invoke(Snapshot(found)) : null;
            if (_pending.FirstOrDefault(p => p.Stops == instance) is { } known) takes = known.Ends - time.GetUtcNow();
        }
        var isLong = takes > TimeSpan.Zero;
        return Effect($"stop {instance}", () =>
        {
            if (!_containers.TryGetValue(instance, out var container) || container.State != InstanceState.Running) return true;
            if (!_pending.Any(p => p.Stops == instance)) Stopping?.Invoke(Snapshot(container));
            if (!isLong) Stopped(instance);
            return true;
        }, cancel, isLong ? (takes!.Value, instance, () => Stopped(instance)) : null);
    }

    public Task Remove(string instance, CancellationToken cancel) => Effect($"remove {instance}", () =>
    {
        if (_containers.TryGetValue(instance, out var found)) Removing?.Invoke(Snapshot(found));
        if (_containers.Remove(instance, out var container)) Tell(container, "destroy");
        return true;
    }, cancel);

    public Task Sweep(AppName app, Slot? slot, bool volumes, CancellationToken cancel) => Effect($"sweep {app}", () =>
    {
        var prefix = slot is { } one ? $"slipway.{app}.{one.Name}." : $"slipway.{app}.";
        _networks.RemoveWhere(n => n.StartsWith(prefix, StringComparison.Ordinal) && !_containers.Values.Any(c => c.Addresses.ContainsKey(n)));
        if (volumes) _volumes.RemoveWhere(v => v.StartsWith($"{app}_", StringComparison.Ordinal));
        return true;
    }, cancel);

    public async IAsyncEnumerable<LogLine> Logs(Instance instance, LogQuery query, [EnumeratorCancellation] CancellationToken cancel)
    {
        Answer(cancel);
        await Task.CompletedTask;
        var lines = Says(instance).Select((text, i) => new LogLine
        {
            Time = (instance.Started ?? instance.Created).AddTicks(i), Service = instance.Service, Instance = instance.Name, Stream = LogStream.Out, Text = text,
        }).Where(line => query.Since is null || line.Time >= query.Since).ToList();
        foreach (var line in query.Tail is { } tail ? lines.TakeLast(tail) : lines) yield return line;
    }

    public async IAsyncEnumerable<EngineEvent> Watch([EnumeratorCancellation] CancellationToken cancel)
    {
        Answer(cancel);
        var events = Channel.CreateUnbounded<EngineEvent>();
        lock (_lock) _watchers.Add(events.Writer);
        await foreach (var happened in events.Reader.ReadAllAsync(cancel)) yield return happened;
    }

    /// <param name="later">What the engine does of it later, and after how long; null: nothing.</param>
    Task<T> Effect<T>(string name, Func<T> effect, CancellationToken cancel, (TimeSpan Takes, string? Stops, Action Effect)? later = null)
    {
        Answer(cancel);
        Before?.Invoke(name);
        T result;
        lock (_lock) result = effect();
        if (later is { } rest)
        {
            // Continuations run at once, within Tick: each run of a test is the same.
            var returned = new TaskCompletionSource<T>();
            lock (_lock)
                _pending.Add(new Pending(time.GetUtcNow() + rest.Takes, rest.Stops, rest.Effect, () => Return(returned, result, name), error => returned.TrySetException(error)));
            return returned.Task;
        }
        After?.Invoke(name);
        return Task.FromResult(result);
    }

    void Return<T>(TaskCompletionSource<T> returned, T result, string name)
    {
        try
        {
            After?.Invoke(name);
            returned.TrySetResult(result);
        }
        catch (Exception died)
        {
            returned.TrySetException(died);
        }
    }

    void Start(Workload workload)
    {
        foreach (var container in _containers.Values.Where(c => c.Workload.App == workload.App && c.Workload.Service == workload.Service && c.Workload.Release == workload.Release
            && c.Workload.Job is null && c.Index <= workload.Replicas && c.State != InstanceState.Running).ToList())
        {
            (container.State, container.Started, container.ExitCode, container.OutOfMemory) = (InstanceState.Running, time.GetUtcNow(), null, false);
            if (EndsWith(workload) is { } code) End(container, code);
            Tell(container, "start");
        }
        Started?.Invoke([.. _containers.Values.Select(Snapshot)]);
    }

    void Stopped(string instance)
    {
        if (!_containers.TryGetValue(instance, out var container) || container.State != InstanceState.Running) return;
        End(container, 0);
        Tell(container, "die");
    }

    void Answer(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (IsAway) throw new EngineUnavailableException("No engine answers at memory:.");
    }

    void Attach(Container container, Workload workload)
    {
        var prefix = $"slipway.{workload.App}.";
        foreach (var left in container.Addresses.Keys.Where(n => n.StartsWith(prefix, StringComparison.Ordinal) && workload.Networks.All(w => w.Name != n)).ToList())
            container.Addresses.Remove(left);
        foreach (var network in workload.Networks.Where(n => !container.Addresses.ContainsKey(n.Name)))
        {
            _addresses++;
            container.Addresses[network.Name] = string.Create(CultureInfo.InvariantCulture, $"10.{_addresses >> 16 & 255}.{_addresses >> 8 & 255}.{_addresses & 255}");
        }
    }

    void End(Container container, int code) =>
        (container.State, container.ExitCode, container.Finished) = (InstanceState.Exited, code, time.GetUtcNow());

    void Tell(Container container, string action)
    {
        foreach (var watcher in _watchers) watcher.TryWrite(new EngineEvent(container.Workload.App, container.Id, action));
    }

    Instance Snapshot(Container container)
    {
        var isRunning = container.State == InstanceState.Running;
        var instance = new Instance
        {
            Id = container.Id,
            Name = container.Name,
            App = container.Workload.App,
            Service = container.Workload.Service,
            Release = container.Workload.Release,
            Hash = container.Workload.Hash,
            Index = container.Index,
            Job = container.Workload.Job,
            State = container.State,
            Addresses = isRunning ? container.Addresses.ToDictionary() : new Dictionary<string, string>(),
            Image = container.Workload.Image,
            ExitCode = container.ExitCode,
            OutOfMemory = container.OutOfMemory,
            Created = container.Created,
            Started = container.Started,
            Finished = container.Finished,
        };
        return isRunning ? instance with { Health = HealthOf(instance) } : instance;
    }

    /// <param name="Stops">The instance that it stops; null: it starts some.</param>
    sealed record Pending(DateTimeOffset Ends, string? Stops, Action Effect, Action Return, Action<Exception> Break);

    sealed class Container
    {
        public required string Id { get; init; }
        public required string Name { get; init; }
        public required int Index { get; init; }
        public required Workload Workload { get; set; }
        public required DateTimeOffset Created { get; init; }
        public Dictionary<string, string> Addresses { get; } = [];
        public InstanceState State { get; set; } = InstanceState.Created;
        public int? ExitCode { get; set; }
        public bool OutOfMemory { get; set; }
        public DateTimeOffset? Started { get; set; }
        public DateTimeOffset? Finished { get; set; }
    }
}
