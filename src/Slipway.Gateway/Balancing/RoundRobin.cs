using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Balancing;

/// <summary>In turn. Counted exactly, which the turn of ties is not; begun anywhere, so that several gateways don't all begin with the same one.</summary>
sealed class RoundRobin : Balance
{
    uint _turn = (uint)Random.Shared.Next();

    public override InstanceState? Choose(Pool pool, Exchange exchange, uint start, in Look look)
    {
        var turn = Interlocked.Increment(ref _turn);
        var index = (int)(turn % (uint)pool.Count);
        if (pool.Takes(index, look)) return pool[index];
        // The turn of one that may not be chosen is shared out: its neighbour alone would have twice the requests.
        var step = (int)(turn / (uint)pool.Count % (uint)(pool.Count - 1));
        for (var i = 0; i < pool.Count - 1; i++)
        {
            var other = (index + 1 + (step + i) % (pool.Count - 1)) % pool.Count;
            if (pool.Takes(other, look)) return pool[other];
        }
        return null;
    }
}
