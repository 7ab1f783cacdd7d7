using Shouldly;
using Slipway.Engines;
using Slipway.Model;
using Xunit;

namespace Slipway.Contracts;

/// <summary>What the contracts of engines share: the engine in question, workloads for it, and cleaning up.</summary>
public abstract class EngineTests : IAsyncLifetime
{
    static readonly TimeSpan Bound = TimeSpan.FromSeconds(30);

    readonly List<AppName> _apps = [];

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    protected abstract IEngine Engine { get; }

    /// <summary>An image that the engine can run, which runs until it is stopped.</summary>
    protected abstract string Image { get; }

    public virtual ValueTask InitializeAsync() => ValueTask.CompletedTask;

    /// <summary>Takes away what the test made, well or not.</summary>
    public virtual async ValueTask DisposeAsync()
    {
        foreach (var app in _apps)
        {
            foreach (var instance in await Engine.Observe(app, CancellationToken.None)) await Engine.Remove(instance.Id, CancellationToken.None);
            await Engine.Sweep(app, null, volumes: true, CancellationToken.None);
        }
        GC.SuppressFinalize(this);
    }

    /// <summary>An app that no other test has; what it leaves behind is taken away.</summary>
    protected AppName NewApp()
    {
        var app = AppName.Parse($"contract-{Guid.NewGuid():N}"[..20]);
        _apps.Add(app);
        return app;
    }

    /// <summary>A workload of release 1 in the blue slot's default network, which stops at once when it is told to.</summary>
    protected Workload Workload(AppName app, string service, int replicas = 1, ContainerSpec? container = null, Slot slot = Slot.Blue) => new()
    {
        App = app,
        Service = service,
        Release = 1,
        Hash = "0123456789abcdef",
        Image = Image,
        Container = (container ?? new()) with { StopSignal = "SIGKILL" },
        Replicas = replicas,
        Networks = [Network(app, slot, service)],
    };

    protected static WorkloadNetwork Network(AppName app, Slot slot, params IReadOnlyList<string> aliases) => new()
    {
        Name = $"slipway.{app}.{slot.Name}.default",
        Aliases = aliases,
        Definition = new() { Key = "default" },
    };

    protected async Task<Instance> Only(Workload workload) =>
        (await Engine.Observe(workload.App, Cancel)).Where(i => i.Service == workload.Service).ShouldHaveSingleItem();

    /// <summary>Waits for a condition; the bound only ends a test that would never end.</summary>
    protected static async Task Eventually(Func<Task<bool>> condition, string otherwise)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(started) > Bound) throw new ShouldAssertException($"After {Bound.TotalSeconds} s {otherwise}.");
            await Task.Delay(50, Cancel);
        }
    }
}
