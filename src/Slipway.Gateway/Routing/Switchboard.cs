using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Measuring;

namespace Slipway.Gateway.Routing;

/// <summary>
/// The table that is served by. Its promise: when <see cref="Switch"/> has returned, no request begins by an older table.
/// <code>
///   request                                   switch
///   1 t = table                               a table = next    (full fence)
///   2 choose an instance by t                 b acknowledge
///   3 count in on it          (full fence)
///   4 table still t? go : undo, back to 1
/// </code>
/// Either 3 comes before a, then the count is seen by every report that follows b; or 4 comes after a, and the request chooses again.
/// </summary>
sealed class Switchboard(CompiledTable first)
{
    CompiledTable _table = first;

    public CompiledTable Table => Volatile.Read(ref _table);

    public void Switch(CompiledTable next) => Interlocked.Exchange(ref _table, next);

    /// <summary>Finds the route, chooses an instance and counts the request in on it; whoever calls must count it out again.</summary>
    /// <param name="exchange">The request; one that a split assigns to a new user is given his cookie.</param>
    /// <param name="host">Its Host header.</param>
    /// <param name="tried">Instances that refused this request.</param>
    public Choice Enter(Exchange exchange, string host, IReadOnlyList<InstanceState>? tried)
    {
        var (path, listener) = (exchange.Request.Path, exchange.Listener);
        while (true)
        {
            var table = Volatile.Read(ref _table);
            var route = listener is null ? table.Find(host, path, exchange) : table.FindByPort(listener);
            if (route is null) return default;
            var instance = route.Choose(exchange, tried, out var counters);
            if (instance is null) return new Choice(route, null, null);
            var count = instance.Enter();
            if (Volatile.Read(ref _table) == table && (count <= route.MaxConnections - instance.Upgraded || route.MaxConnections == int.MaxValue)) return new Choice(route, instance, counters);
            instance.Leave();
        }
    }
}

/// <summary>What a request was given. Route null: no route; Instance null: the route has none (left).</summary>
readonly record struct Choice(CompiledRoute? Route, InstanceState? Instance, ReleaseCounters? Counters);
