using System.Net;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Routing;
using Slipway.Model;
using InstanceState = Slipway.Gateway.Routing.InstanceState;

namespace Slipway.Gateway.Streams;

/// <summary>From routes of connections in the document to what connections read.</summary>
sealed class StreamCompiler(InstanceBook instances, StreamBook traffic, PolicyStates states)
{
    /// <param name="used">Gets the route's instances.</param>
    public CompiledStream Compile(Route route, HashSet<InstanceState> used)
    {
        var stream = route.Stream!;
        var limit = stream.MaxConnections is { } most
            ? states.Obtain(new StateKey(route.App, route.Service, route.IsPreview, (stream.Protocol, stream.Address, stream.Port, most)), () => new InFlightLimit(most)) : null;
        var destinations = route.Destinations.Select(d => (d.Release, Compiled: Compile(route, d, used))).Where(d => !d.Compiled.IsEmpty).ToList();
        var match = MatchRules.ByAddress(route.Split?.Match);
        if (route.Split is { } unseen && match.Count > 0 && destinations is [.., { Compiled.Weight: 0 } last] && last.Release == unseen.Release)
        {
            // Whoever isn't matched never gets there, also where nothing else is left.
            var live = destinations is [var one, _] ? one.Compiled : new StreamDestination(1, [], new StreamCounters(0));
            return new CompiledStream(route, [live, last.Compiled], Split(unseen, live, last.Compiled, match.Count > 0), limit);
        }
        if (route.Split is not { } split || destinations.Count != 2)
            return new CompiledStream(route, [.. destinations.Select(d => d.Compiled).Where(d => d.Weight > 0 || route.Split is not null)], null, limit);
        var rising = destinations.Single(d => d.Release == split.Release).Compiled;
        var stable = destinations.Single(d => d.Release != split.Release).Compiled;
        return new CompiledStream(route, [stable, rising], Split(split, stable, rising, match.Count > 0), limit);

        StreamSplit Split(RouteSplit source, StreamDestination old, StreamDestination next, bool isMatched) => new(
            source, next.Weight, next.Weight + old.Weight, isMatched ? traffic.Obtain(route.App, route.Service, source.Release, stream.Protocol, isMatched: true) : null);
    }

    StreamDestination Compile(Route route, Destination destination, HashSet<InstanceState> used)
    {
        var counters = route.IsPreview ? new StreamCounters(destination.Release) : traffic.Obtain(route.App, route.Service, destination.Release, route.Stream!.Protocol);
        var states = destination.Upstreams.Select(u => instances.Obtain(u.Instance, new IPEndPoint(IPAddress.Parse(u.Address), u.Port), null)).ToArray();
        used.UnionWith(states);
        return new StreamDestination(destination.Weight, states, counters);
    }

    /// <summary>What is wrong with it, before anything is changed.</summary>
    /// <param name="add">Key, message, what was found, what is expected.</param>
    public static void Check(StreamRoute stream, Action<string, string, object, string> add)
    {
        if (stream is { Protocol: StreamProtocol.Udp, Proxy: not null }) add("stream.proxy", "datagrams have no PROXY header", stream.Proxy, "none");
        if (stream.MaxConnections < 1) add("stream.maxConnections", $"{stream.MaxConnections} is no limit", stream.MaxConnections, "1 or more");
        if (stream.Drain < TimeSpan.Zero) add("stream.drain", $"{stream.Drain} is no time", stream.Drain, "0 or longer");
        foreach (var (key, time) in ((string, TimeSpan?)[])[("connect", stream.Connect), ("idle", stream.Idle)])
            if (time <= TimeSpan.Zero) add($"stream.{key}", $"{time} is no time-out", time, "longer than nothing");
        foreach (var text in (stream.Addresses?.Allow ?? []).Concat(stream.Addresses?.Deny ?? []))
            if (!Cidr.TryParse(text, out _)) add("stream.addresses", $"'{text}' is no network", text, Cidr.Expected);
    }
}
