using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Balancing;

/// <summary>In turn. Counted exactly, which the turn of ties is not.</summary>
sealed class RoundRobin : Balance
{
    uint _turn;

    public override InstanceState? Choose(Pool pool, Exchange exchange, uint start, in Look look)
    {
        var turn = Interlocked.Increment(ref _turn);
        for (uint i = 0; i < pool.Count; i++)
        {
            var index = (int)((turn + i) % (uint)pool.Count);
            if (pool.Takes(index, look)) return pool[index];
        }
        return null;
    }
}
