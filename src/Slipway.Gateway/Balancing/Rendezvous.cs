using System.Text;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Splitting;

namespace Slipway.Gateway.Balancing;

/// <summary>
/// Consistent hashing: each key has an order of all instances, by a hash of both, and goes to the first (Thaler, Ravishankar: Using Name-Based Mappings
/// to Increase Hit Rates, 1998). An instance that goes away gives its keys to all others alike and moves none of theirs; one that comes takes its share
/// of each. Every gateway has the same order, and none keeps a table.
/// </summary>
/// <param name="load">In percent of the mean of those that may be chosen: whoever has so much in flight is passed over for the next in the key's order.</param>
sealed class Rendezvous(HashKey key, int load, Pool pool) : Balance
{
    /// <summary>Nobody is passed over with fewer in flight: a browser's handful of requests stays together on an idle service.</summary>
    const int Floor = 8;

    readonly ulong[] _ids = [.. Enumerable.Range(0, pool.Count).Select(i => IdOf(pool[i].Id))];

    public override InstanceState? Choose(Pool pool, Exchange exchange, uint start, in Look look) =>
        key.Of(exchange) is { } hash ? Choose(pool, hash, look) : pool.Least(start, look);

    public InstanceState? Choose(Pool pool, ulong hash, in Look look)
    {
        long sum = 1;
        var count = 0;
        for (var i = 0; i < pool.Count; i++)
        {
            if (!pool.Takes(i, look)) continue;
            sum += pool[i].InFlight;
            count++;
        }
        if (count == 0) return null;
        var bound = Math.Max(Floor, (sum * load + count * 100L - 1) / (count * 100L));
        // A race may have filled them all meanwhile: then the first one's order stands.
        return First(pool, hash, look, bound) ?? First(pool, hash, look, long.MaxValue);
    }

    InstanceState? First(Pool pool, ulong hash, in Look look, long bound)
    {
        InstanceState? best = null;
        ulong highest = 0;
        for (var i = 0; i < pool.Count; i++)
        {
            var score = Hashes.Mix(hash ^ _ids[i]);
            if (best is not null && score <= highest || pool[i].InFlight >= bound || !pool.Takes(i, look)) continue;
            (best, highest) = (pool[i], score);
        }
        return best;
    }

    /// <summary>
    /// The destination that a key goes to where releases share a route without a split: with weights, so that a weight that changes moves no more keys than
    /// it must (Schindelhauer, Schomaker: Weighted Distributed Hash Tables, 2005).
    /// </summary>
    public static int Pick(CompiledDestination[] destinations, ulong hash)
    {
        var (best, highest) = (0, double.NegativeInfinity);
        for (var i = 0; i < destinations.Length; i++)
        {
            // In (0, 1].
            var share = ((Hashes.Mix(hash ^ Hashes.Mix((ulong)destinations[i].Counters.Release)) >> 11) + 1) / (double)(1UL << 53);
            var score = destinations[i].Weight / -Math.Log(share);
            if (score > highest) (best, highest) = (i, score);
        }
        return best;
    }

    static ulong IdOf(string instance) => Hashes.Of(Encoding.UTF8.GetBytes(instance));
}
