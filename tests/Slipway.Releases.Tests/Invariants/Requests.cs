using Slipway.Model;
using Slipway.Releases.Tests.Reconciling;

namespace Slipway.Releases.Tests.Invariants;

/// <summary>
/// Requests in flight: at every look each gateway begins one on each instance that its table gives requests to. Most are short; some take nearly as
/// long as a drain allows, and some are open connections that take longer.
/// </summary>
sealed class Requests(World world)
{
    readonly List<Request> _inFlight = [];
    readonly Dictionary<(int, string), DateTimeOffset> _last = [];
    int _begun;

    public void Go()
    {
        var now = world.Time.Now;
        var running = world.Engine.All.Where(i => i.State == InstanceState.Running).Select(i => i.Id).ToHashSet();
        _inFlight.RemoveAll(r => r.Ends <= now || !running.Contains(r.Instance));
        foreach (var (table, gateway) in world.Gateways.Tables.Select((t, i) => (t, i)))
            foreach (var instance in table.Routes.SelectMany(Asked).Select(u => u.Instance).Where(running.Contains))
            {
                if (_last.TryGetValue((gateway, instance), out var last) && last == now) continue;
                _last[(gateway, instance)] = now;
                var number = _begun++;
                var (seconds, isUpgraded) = (number % 41 == 3 ? 25 : number % 73 == 5 ? 55 : number % 3, number % 73 == 5);
                if (seconds > 0) _inFlight.Add(new Request(gateway, instance, now + TimeSpan.FromSeconds(seconds), isUpgraded));
            }
    }

    public IReadOnlyList<InstanceTraffic> At(int gateway)
    {
        var now = world.Time.Now;
        return [.. _inFlight.Where(r => r.Gateway == gateway && r.Ends > now).GroupBy(r => r.Instance)
            .Select(g => new InstanceTraffic { Instance = g.Key, InFlight = g.Count(r => !r.IsUpgraded), Upgraded = g.Count(r => r.IsUpgraded) })];
    }

    /// <summary>What requests are given to, and copies of them.</summary>
    static IEnumerable<Upstream> Asked(Route route) =>
        route.Destinations.Where(d => d.Weight > 0 || route.Split?.Match is not null).SelectMany(d => d.Upstreams).Concat(route.Mirror?.Upstreams ?? []);

    sealed record Request(int Gateway, string Instance, DateTimeOffset Ends, bool IsUpgraded);
}
