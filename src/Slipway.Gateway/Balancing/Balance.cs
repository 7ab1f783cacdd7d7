using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Balancing;

/// <summary>How one of a destination's instances is chosen. The default, least in flight, is the pool's own and has none of these.</summary>
abstract class Balance
{
    /// <summary>Null where the pool has nobody whom the look takes.</summary>
    /// <param name="pool">Its instances.</param>
    /// <param name="exchange">The request.</param>
    /// <param name="start">Whose turn it is; rises with each request.</param>
    /// <param name="look">Whom it takes.</param>
    public abstract InstanceState? Choose(Pool pool, Exchange exchange, uint start, in Look look);

    public static Balance? Of(BalancePolicy? policy, HashKey? key, Pool pool) => policy?.Kind switch
    {
        BalanceKind.RoundRobin => new RoundRobin(),
        BalanceKind.TwoChoices => new TwoChoices(),
        BalanceKind.Hash => new Rendezvous(key!, policy.Load, pool),
        _ => null,
    };
}
