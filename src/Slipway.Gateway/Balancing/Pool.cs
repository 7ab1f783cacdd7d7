using Slipway.Gateway.Health;
using Slipway.Gateway.Routing;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Balancing;

/// <summary>The instances of a destination, and which of them a request may be given to.</summary>
/// <param name="instances">In the table's order.</param>
/// <param name="policy">Null: any that was not tried.</param>
/// <param name="watches">One for each instance; null: they are not checked.</param>
sealed class Pool(InstanceState[] instances, RoutePolicy? policy, HealthWatch[]? watches)
{
    readonly int _most = policy?.MaxConnections ?? int.MaxValue;
    readonly bool _minds = policy?.Outliers is not null;

    public int Count => instances.Length;

    public InstanceState this[int index] => instances[index];

    /// <summary>As a request looks at first.</summary>
    public Look Begin(IReadOnlyList<InstanceState>? tried) =>
        new(tried, _minds ? Environment.TickCount64 : long.MaxValue, watches is not null && IsBelieved(watches));

    public bool Takes(int index, in Look look)
    {
        var instance = instances[index];
        return !instance.IsEjected(look.Now) && (!look.MindsHealth || watches![index].IsHealthy)
            && (_most == int.MaxValue || instance.InFlight + instance.Upgraded < _most)
            && (look.Tried is null || !look.Tried.Contains(instance));
    }

    /// <summary>Least in flight, from that one on.</summary>
    public InstanceState? Least(uint start, in Look look)
    {
        InstanceState? best = null;
        var least = int.MaxValue;
        for (uint i = 0; i < instances.Length; i++)
        {
            var index = (int)((start + i) % (uint)instances.Length);
            if (instances[index].InFlight >= least || !Takes(index, look)) continue;
            best = instances[index];
            least = best.InFlight;
            if (least == 0) break;
        }
        return best;
    }

    /// <summary>Where too many fail, it is rather the checks, or all of them are better than the few (Envoy: panic threshold).</summary>
    bool IsBelieved(HealthWatch[] watches)
    {
        var ill = 0;
        foreach (var watch in watches)
            if (!watch.IsHealthy) ill++;
        return ill > 0 && ill * 100 <= watches.Length * policy!.Health!.MaxShare;
    }
}
