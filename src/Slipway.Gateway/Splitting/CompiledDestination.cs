using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Splitting;

/// <summary>One release's instances in a route, as requests read them.</summary>
sealed class CompiledDestination(int weight, InstanceState[] instances, ReleaseCounters counters)
{
    // Whose turn it is. Raced by threads on purpose: a turn taken twice costs nothing, a fence for each request would.
    uint _turn;

    public int Weight { get; } = weight;

    public bool IsEmpty => instances.Length == 0;

    public ReleaseCounters Counters { get; } = counters;

    /// <summary>Least in flight, ties in turn.</summary>
    public InstanceState? Choose(IReadOnlyList<InstanceState>? tried)
    {
        if (instances.Length == 1) return tried is not null && tried.Contains(instances[0]) ? null : instances[0];
        var start = _turn++;
        InstanceState? best = null;
        var least = int.MaxValue;
        for (uint i = 0; i < instances.Length; i++)
        {
            var instance = instances[(start + i) % (uint)instances.Length];
            if (instance.InFlight >= least || (tried is not null && tried.Contains(instance))) continue;
            best = instance;
            least = instance.InFlight;
            if (least == 0) break;
        }
        return best;
    }
}
