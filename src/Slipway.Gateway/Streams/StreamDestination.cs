using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Streams;

/// <summary>One release's instances in a route of connections.</summary>
sealed class StreamDestination(int weight, InstanceState[] instances, StreamCounters counters)
{
    uint _turn;

    public int Weight { get; } = weight;

    public bool IsEmpty => instances.Length == 0;

    public StreamCounters Counters { get; } = counters;

    public bool Has(InstanceState instance) => Array.IndexOf(instances, instance) >= 0;

    /// <summary>Least open connections, ties in turn; none that was tried.</summary>
    public InstanceState? Choose(IReadOnlyList<InstanceState>? tried)
    {
        InstanceState? best = null;
        var (start, least) = (_turn++, int.MaxValue);
        for (uint i = 0; i < instances.Length; i++)
        {
            var instance = instances[(start + i) % (uint)instances.Length];
            if (instance.Connected >= least || (tried is not null && tried.Contains(instance))) continue;
            (best, least) = (instance, instance.Connected);
            if (least == 0) break;
        }
        return best;
    }
}
