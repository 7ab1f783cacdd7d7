using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Slipway.Engines;
using Slipway.Model;

namespace Slipway.Bench.Decisions;

/// <summary>Starts everything at once and keeps it running. By app, so that a look at one costs the same however many there are.</summary>
sealed class MemoryEngine : IEngine
{
    readonly ConcurrentDictionary<AppName, ConcurrentDictionary<string, Instance>> _apps = new();
    long _observed;

    public long Observed => Interlocked.Read(ref _observed);

    public string Kind => "memory";

    public Task<EngineStatus> Status(CancellationToken cancel) =>
        Task.FromResult(new EngineStatus { Version = "1", ApiVersion = "1", OperatingSystem = "memory", Cpus = 1, Memory = 1 << 30, Address = "memory:" });

    public Task<ImageFacts> Prepare(string image, CancellationToken cancel) => Task.FromResult(new ImageFacts { Id = image });

    public Task Apply(Workload workload, CancellationToken cancel)
    {
        for (var index = 1; index <= workload.Replicas; index++)
        {
            var id = $"{workload.App}.{workload.Service}.v{workload.Release}.{index}";
            _apps.GetOrAdd(workload.App, _ => new())[id] = new Instance
            {
                Id = id,
                Name = id,
                App = workload.App,
                Service = workload.Service,
                Release = workload.Release,
                Hash = workload.Hash,
                Index = index,
                State = InstanceState.Running,
                Image = workload.Image,
                Created = DateTimeOffset.UtcNow,
                Started = DateTimeOffset.UtcNow,
                Addresses = workload.Networks.ToDictionary(network => network.Name, _ => "127.0.0.1"),
            };
        }
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<Instance>> Observe(AppName? app, CancellationToken cancel)
    {
        Interlocked.Increment(ref _observed);
        return Task.FromResult<IReadOnlyList<Instance>>(app is { } one && _apps.TryGetValue(one, out var instances) ? [.. instances.Values] : []);
    }

    public Task Stop(string instance, CancellationToken cancel) => Task.CompletedTask;

    public Task Remove(string instance, CancellationToken cancel)
    {
        foreach (var app in _apps.Values) app.TryRemove(instance, out _);
        return Task.CompletedTask;
    }

    public Task Sweep(AppName app, Slot? slot, bool volumes, CancellationToken cancel) => Task.CompletedTask;

    public async IAsyncEnumerable<LogLine> Logs(Instance instance, LogQuery query, [EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.CompletedTask;
        yield break;
    }

    public async IAsyncEnumerable<EngineEvent> Watch([EnumeratorCancellation] CancellationToken cancel)
    {
        await Task.Delay(Timeout.Infinite, cancel);
        yield break;
    }
}
