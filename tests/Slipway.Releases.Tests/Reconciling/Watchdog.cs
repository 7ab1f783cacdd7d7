using Slipway.Model;

namespace Slipway.Releases.Tests.Reconciling;

/// <summary>What must hold at every moment, whatever happens: checked at each swap of the table, each stop and each start.</summary>
sealed class Watchdog
{
    readonly World _world;
    readonly Dictionary<string, DateTimeOffset> _unrouted = [];
    readonly HashSet<string> _served = [];
    HashSet<string> _routes = [];

    public Watchdog(World world)
    {
        _world = world;
        world.Gateways.Swapped = Swapped;
        world.Engine.Stopping = Stopping;
        world.Engine.Started = Started;
    }

    /// <summary>The first thing that went wrong; the code under test may have caught the exception.</summary>
    public string? Violation { get; private set; }

    /// <summary>Services that must never run in two versions at once.</summary>
    public HashSet<string> NeverTwice { get; } = ["redis"];

    /// <summary>Invariants 2 and 3 of a release: what gets requests is ready, wherever anything of that route is.</summary>
    void Swapped(RouteTable table)
    {
        var running = _world.Engine.All.Where(i => i.State == InstanceState.Running).ToDictionary(i => i.Id);
        foreach (var route in table.Routes)
        {
            // What another app's look brings along unchanged says nothing new.
            var isOld = _world.Gateways.IsLate || _routes.Contains(Text(route));
            var upstreams = route.Upstreams.ToList();
            foreach (var upstream in upstreams)
            {
                _served.Add(upstream.Instance);
                if (_world.Engine.IsStopping(upstream.Instance)) throw Broken($"the table sends requests of {route.Service} to {upstream.Instance}, which was told to stop");
                if (isOld) continue;
                // While no engine answers nobody can know what died: the last known routes are right.
                if (_world.Engine.IsAway) continue;
                if (!running.TryGetValue(upstream.Instance, out var instance)) throw Broken($"the table sends requests of {route.Service} to {upstream.Instance}, which does not run");
                if (!instance.Addresses.Values.Contains(upstream.Address)) throw Broken($"{upstream.Instance} has no address {upstream.Address}");
            }
            if (isOld || _world.Engine.IsAway) continue;
            if (upstreams.Any(u => _world.Silent(running[u.Instance])) && upstreams.Any(u => !_world.Silent(running[u.Instance])))
                throw Broken($"the table sends requests of {route.Service} to an instance that is not ready though another one is");
        }
        _routes = [.. table.Routes.Select(Text)];
        var named = _world.Gateways.Tables.SelectMany(t => t.Routes).SelectMany(r => r.Upstreams).Select(u => u.Instance).ToHashSet();
        foreach (var gone in _served.Where(s => !named.Contains(s))) _unrouted.TryAdd(gone, _world.Time.Now);
        foreach (var back in named) _unrouted.Remove(back);
    }

    /// <summary>Invariant 3: stopped only after the routes are gone, and with nothing in flight before the deadline.</summary>
    void Stopping(Instance instance)
    {
        if (_world.Gateways.Tables.SelectMany(t => t.Routes).Any(r => r.Upstreams.Any(u => u.Instance == instance.Id)))
            throw Broken($"{instance.Name} is stopped while the gateway sends requests to it");
        var traffic = _world.Gateways.InFlight is { } measured
            ? Enumerable.Range(0, _world.Gateways.Tables.Count).SelectMany(measured).Where(t => t.Instance == instance.Id).Aggregate((InFlight: 0, Upgraded: 0), (sum, t) => (sum.InFlight + t.InFlight, sum.Upgraded + t.Upgraded))
            : _world.Gateways.Traffic.GetValueOrDefault(instance.Id);
        // One that never had a route has nothing in flight that a gateway brought.
        if (!_unrouted.TryGetValue(instance.Id, out var since)) return;
        if (traffic.InFlight > 0 && _world.Time.Now < since + Sample.Drain.Requests) throw Broken($"{instance.Name} is stopped with requests in flight");
        if (traffic.Upgraded > 0 && _world.Time.Now < since + Sample.Drain.WebSockets) throw Broken($"{instance.Name} is stopped with open connections");
    }

    static string Text(Route route) => System.Text.Json.JsonSerializer.Serialize(new RouteTable { Version = 0, Routes = [route] }, ModelJson.Default.RouteTable);

    WatchdogException Broken(string what)
    {
        Violation ??= what;
        return new WatchdogException(what);
    }

    void Started(IReadOnlyList<Instance> all)
    {
        foreach (var twice in all.Where(i => i.State == InstanceState.Running && NeverTwice.Contains(i.Service)).GroupBy(i => (i.App, i.Service)).Where(g => g.Select(i => i.Hash).Distinct().Count() > 1))
            throw Broken($"{twice.Key.Service} of {twice.Key.App} runs twice");
    }
}

sealed class WatchdogException(string message) : Exception(message);
