using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Balancing;

/// <summary>Two at random, and of them the one with fewer in flight: with many gateways nobody is everybody's least busy one at once.</summary>
sealed class TwoChoices : Balance
{
    const int Draws = 4;

    public override InstanceState? Choose(Pool pool, Exchange exchange, uint start, in Look look)
    {
        InstanceState? one = null;
        for (var draw = 0; draw < Draws; draw++)
        {
            var index = Random.Shared.Next(pool.Count);
            var other = pool[index];
            if (other == one || !pool.Takes(index, look)) continue;
            if (one is not null) return other.InFlight < one.InFlight ? other : one;
            one = other;
        }
        // Few are left: then all of them are looked at.
        return pool.Least((uint)Random.Shared.Next(pool.Count), look);
    }
}
