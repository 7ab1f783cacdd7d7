using System.Collections.Frozen;
using System.Net;
using Slipway.Gateway.Breaking;
using Slipway.Gateway.Health;
using Slipway.Gateway.Listening;
using Slipway.Gateway.Matching;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Mirroring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Splitting;
using Slipway.Gateway.Streams;
using Slipway.Model;

namespace Slipway.Gateway.Routing;

/// <summary>From the document to what requests read. Finds everything that is wrong with a document before anything is changed.</summary>
sealed class TableCompiler
{
    const int KeyLength = 32;

    readonly InstanceBook _instances;
    readonly TrafficBook _traffic;
    readonly StreamCompiler _streams;
    readonly InstanceMemory? _memory;
    readonly PolicyStates _states = new();

    // Of the table that is being compiled.
    HashSet<HealthWatch> _watches = [];
    HashSet<CompiledBreaker> _breakers = [];

    // Of the table before, by the very record: one that a reader gave again has not changed (see RouteMemory).
    Dictionary<Route, Kept> _kept = new(ReferenceEqualityComparer.Instance);

    public TableCompiler(InstanceBook instances, TrafficBook traffic, StreamBook streams, InstanceMemory? memory = null) =>
        (_instances, _traffic, _streams, _memory) = (instances, traffic, new StreamCompiler(instances, streams, _states), memory);

    /// <exception cref="InvalidInputException">The document can't be served by; every reason is in it.</exception>
    public CompiledTable Compile(RouteTable document)
    {
        var wrong = new List<Diagnostic>();
        Check(document, wrong);
        if (wrong.Count > 0) throw new InvalidInputException(wrong);

        var used = new HashSet<InstanceState>();
        (_watches, _breakers) = ([], []);
        List<CompiledMirror>? mirrors = null;
        // Sparing with memory on purpose: a collection that finds much alive stops the requests too, and a table of thousands of hosts is much.
        var byHost = new Dictionary<string, CompiledRoute[]>(document.Routes.Count, StringComparer.OrdinalIgnoreCase);
        var byPort = new Dictionary<IPEndPoint, CompiledRoute>();
        var streams = new Dictionary<StreamKey, CompiledStream>();
        var ports = new Dictionary<IPEndPoint, PortTls?>();
        var kept = new Dictionary<Route, Kept>(document.Routes.Count, ReferenceEqualityComparer.Instance);
        foreach (var route in document.Routes)
        {
            if (route.Stream is { } stream)
            {
                streams[KeyOf(stream)!.Value] = _streams.Compile(route, used);
                continue;
            }
            if (!_kept.TryGetValue(route, out var known)) known = CompileAnew(route);
            if (IsKept(route)) kept[route] = known;
            used.UnionWith(known.Instances);
            var compiled = known.Route;
            if (compiled.Mirror is { } mirror) (mirrors ??= []).Add(mirror);
            foreach (var host in route.Hosts)
            {
                byHost[host] = byHost.TryGetValue(host, out var others) || route.When is { Count: > 1 }
                    ? [.. (others ?? []).Concat(compiled.ByMatch()).OrderByDescending(r => r.PathLength).ThenByDescending(r => r.Conditions)] : compiled.Alone;
            }
            foreach (var port in route.Ports) (byPort[Listener(port)!], ports[Listener(port)!]) = (compiled, port.Tls ? new PortTls(route.Hosts) : null);
        }
        _states.Turn();
        _kept = kept;
        var table = new CompiledTable(document, byHost, byPort, used) { Ports = ports, Streams = streams.ToFrozenDictionary(), Watches = [.. _watches], Breakers = [.. _breakers] };
        mirrors?.ForEach(mirror => mirror.Table = table);
        return table;
    }

    Kept CompileAnew(Route route)
    {
        var used = new HashSet<InstanceState>();
        return new Kept(Compile(route, used), [.. used]);
    }

    /// <summary>What has a policy, a split or copies takes part in what is remembered from table to table, and says so each time anew.</summary>
    static bool IsKept(Route route) => route is { Policy: null, Split: null, Mirror: null };

    CompiledRoute Compile(Route route, HashSet<InstanceState> used)
    {
        // Requests are asked about TLS only where a route has something to say of it.
        if (route.Https is null && route.Ports.Any(port => port.Tls)) route = route with { Https = new HttpsPolicy() };
        var policy = route.Policy is { } asked ? new CompiledPolicy(asked, route, _states) : null;
        var destinations = route.Destinations.Select(d => (d.Release, Compiled: Compile(route, d, policy, used))).Where(d => !d.Compiled.IsEmpty).ToList();
        if (route.Split is { Match.Count: > 0 } unseen && destinations is [.., { Compiled.Weight: 0 } last] && last.Release == unseen.Release)
        {
            // Whoever isn't matched never gets there, also where nothing else is left.
            var live = destinations is [var one, _] ? one.Compiled : new CompiledDestination(1, [], new ReleaseCounters(0), policy);
            return new CompiledRoute(route, [live, last.Compiled], Split(unseen, route, last.Compiled, live), policy, mirror: MirrorOf(route, used));
        }
        // One release alone is no split, whatever the document asks: nobody is assigned, and no cookie is issued.
        if (route.Split is not { } split || destinations.Count != 2)
            return new CompiledRoute(route, [.. destinations.Select(d => d.Compiled).Where(d => d.Weight > 0 || route.Split is not null)], null, policy, mirror: MirrorOf(route, used));
        var rising = destinations.Single(d => d.Release == split.Release).Compiled;
        var stable = destinations.Single(d => d.Release != split.Release).Compiled;
        return new CompiledRoute(route, [stable, rising], Split(split, route, rising, stable), policy, mirror: MirrorOf(route, used));
    }

    CompiledSplit Split(RouteSplit split, Route route, CompiledDestination rising, CompiledDestination stable) => new(
        split, route.App, rising.Weight, rising.Weight + stable.Weight,
        split.Match is { Count: > 0 } ? _traffic.Obtain(route.App, route.Service, split.Release, isMatched: true) : null);

    CompiledMirror? MirrorOf(Route route, HashSet<InstanceState> used)
    {
        if (route.Mirror is not { Upstreams.Count: > 0 } mirror) return null;
        var (counters, states) = (_traffic.ObtainMirrored(route.App, route.Service, mirror.Release), States(mirror.Upstreams, mirror.Protocol));
        used.UnionWith(states);
        var users = mirror.Users is { } split ? new CompiledSplit(split, route.App, mirror.Share, CanaryPolicy.AllRequests, null) : null;
        return new CompiledMirror(mirror, route.App, users, new CompiledDestination(0, states, counters), counters.Mirrored!, route.Policy?.Timeouts);
    }

    InstanceState[] States(IReadOnlyList<Upstream> upstreams, UpstreamProtocol? protocol) =>
        [.. upstreams.Select(u => _instances.Obtain(u.Instance, new IPEndPoint(IPAddress.Parse(u.Address), u.Port), protocol))];

    CompiledDestination Compile(Route route, Destination destination, CompiledPolicy? policy, HashSet<InstanceState> used)
    {
        // Counters are there from the beginning: "no request yet" and "no such release" are two things to whoever judges.
        var counters = route.IsPreview ? new ReleaseCounters(destination.Release) : _traffic.Obtain(route.App, route.Service, destination.Release);
        var states = States(destination.Upstreams, destination.Protocol);
        foreach (var state in states) state.WebSocketTime = destination.WebSockets;
        used.UnionWith(states);
        if (policy is null) return new CompiledDestination(destination.Weight, states, counters);
        return new CompiledDestination(destination.Weight, states, counters, policy, WatchesOf(route, states), BreakerOf(route, destination.Release));
    }

    HealthWatch[]? WatchesOf(Route route, InstanceState[] states)
    {
        if (route.Policy!.Health is not { } health || states.Length == 0) return null;
        // One for an instance and a setting, whatever routes it has: a preview asks nothing twice.
        var watches = states.Select(state => _states.Obtain((state, health), () =>
            new HealthWatch(state, health, Owner(route), route.Hosts.FirstOrDefault(host => host[0] != '*'), _memory?.TakeFault(state, health.Path)))).ToArray();
        _watches.UnionWith(watches);
        return watches;
    }

    Breaker? BreakerOf(Route route, int release)
    {
        if (route.Policy!.Breaker is not { } policy) return null;
        var breaker = _states.Obtain(new StateKey(route.App, route.Service, route.IsPreview, (release, policy)), () => new Breaker(policy));
        _breakers.Add(new CompiledBreaker(breaker, route.App, route.Service, release, route.IsPreview));
        return breaker;
    }

    static void Check(RouteTable document, List<Diagnostic> wrong)
    {
        if (document.Version < 0) Add(wrong, "version", $"{document.Version} is no version", document.Version, "0 or more");
        var hosts = new Dictionary<(string Host, string Path, string Match), Route>(document.Routes.Count);
        var ports = new Dictionary<StreamKey, Route>();
        for (var i = 0; i < document.Routes.Count; i++)
        {
            var (route, key) = (document.Routes[i], new RouteKey(i));
            if (route.Path is not ['/', ..]) Add(wrong, $"{key}.path", $"'{route.Path}' is no path prefix", route.Path, "a path that begins with /");
            foreach (var host in route.Hosts)
            {
                if (!IsHost(host)) Add(wrong, $"{key}.hosts", $"'{host}' is no host name", host, "a name in lower case without scheme, port or path, like shop.example.com or *.example.com");
                else
                    foreach (var match in MatchRules.Keys(route.When))
                        if (!hosts.TryAdd((host, route.Path.TrimEnd('/'), match), route))
                            Add(wrong, $"{key}.hosts", $"{host}{route.Path} of {Owner(route)} is taken by {Owner(hosts[(host, route.Path.TrimEnd('/'), match)])}", host, "one route for each host, path and match");
            }
            foreach (var port in route.Ports)
            {
                if (Listener(port) is not { } listener) Add(wrong, $"{key}.ports", $"'{port.Address}:{port.Port}' is nothing to listen on", port.Port, "an IP address or none, and a port of 1 to 65535");
                else Claim(ports, new StreamKey(StreamProtocol.Tcp, listener), route, $"{key}.ports", wrong);
            }
            void AddOf(string part, string message, object found, string expected) => Add(wrong, $"{key}.{part}", message, found, expected);
            if (route.Stream is { } stream)
            {
                StreamCompiler.Check(stream, AddOf);
                if (KeyOf(stream) is { } place) Claim(ports, place, route, $"{key}.stream", wrong);
                else AddOf("stream", $"'{stream.Address}:{stream.Port}' is nothing to listen on", stream.Port, "an IP address or none, and a port of 1 to 65535");
            }
            if (route.Policy is { } policy) PolicyChecks.Check(policy, (part, message, found, expected) => AddOf($"policy.{part}", message, found, expected));
            MatchChecks.Check(route.When, "when", AddOf);
            MatchChecks.Check(route.Split?.Match, "split.match", AddOf);
            MatchChecks.Check(route.Split?.Goals, "split.goals", AddOf);
            if (route.Redirect is { } redirect) PolicyChecks.Check(redirect, AddOf);
            if (route.Split is { } split) Check(split, route, key, wrong);
            if (route.Mirror is { } mirror) MirrorChecks.Check(mirror, route, AddOf);
            if (route.Mirror is { Protocol: { } protocol }) Check(protocol, $"{key}.mirror", wrong);
            if (route.Mirror is { Users: { } users }) CheckKey(users, $"{key}.mirror.users", wrong);
            for (var d = 0; d < route.Destinations.Count; d++) Check(route.Destinations[d], key with { Destination = d }, wrong);
        }
    }

    static void Claim(Dictionary<StreamKey, Route> ports, StreamKey key, Route route, string place, List<Diagnostic> wrong)
    {
        if (!ports.TryAdd(key, route)) Add(wrong, place, $"port {key.Address} of {Owner(route)} is taken by {Owner(ports[key])}", key.Address.Port, "one route for each port");
    }

    static StreamKey? KeyOf(StreamRoute stream) => Listener(new GatewayPort(stream.Address, stream.Port)) is { } address ? new StreamKey(stream.Protocol, address) : null;

    static string Owner(Route route) => $"{route.App}/{route.Service}";

    static void Check(RouteSplit split, Route route, RouteKey key, List<Diagnostic> wrong)
    {
        if (route.Destinations.Count > 2 || (route.Destinations.Count == 2 && route.Destinations.Count(d => d.Release == split.Release) != 1))
            Add(wrong, $"{key}.split.release", $"a split is between two releases, one of them v{split.Release}", string.Join(", ", route.Destinations.Select(d => $"v{d.Release}")), "two destinations of different releases");
        CheckKey(split, $"{key}.split", wrong);
    }

    static void CheckKey(RouteSplit split, string key, List<Diagnostic> wrong)
    {
        if (split is { Sticky: StickyKind.Header, Header: null or "" }) Add(wrong, $"{key}.header", "the header that tells the users apart is not named", "", "a header's name");
        var bytes = new byte[KeyLength];
        // The key itself is a secret, and stands in no message.
        if (!Convert.TryFromBase64String(split.Key ?? "", bytes, out var length) || length != KeyLength) Add(wrong, $"{key}.key", "the key can't be read", "(not shown)", $"{KeyLength} bytes as Base64");
    }

    static void Check(Destination destination, RouteKey key, List<Diagnostic> wrong)
    {
        // The bound keeps the sum over any thinkable number of destinations in an int.
        if (destination.Weight is < 0 or > 1_000_000) Add(wrong, $"{key}.weight", $"{destination.Weight} is no weight", destination.Weight, "0 to 1000000");
        if (destination.Protocol is { } protocol) Check(protocol, $"{key}", wrong);
        foreach (var upstream in destination.Upstreams)
        {
            if (!IPAddress.TryParse(upstream.Address, out _)) Add(wrong, $"{key}.upstreams", $"'{upstream.Address}' of instance {upstream.Instance} is no IP address", upstream.Address, "an IPv4 or IPv6 address");
            if (upstream.Port is < 1 or > 65535) Add(wrong, $"{key}.upstreams", $"{upstream.Port} of instance {upstream.Instance} is no port", upstream.Port, "1 to 65535");
        }
    }

    static void Check(UpstreamProtocol protocol, string key, List<Diagnostic> wrong)
    {
        if (protocol is { IsTls: true, Trust: not UpstreamTrust.None, ServerName: null or "" })
            Add(wrong, $"{key}.protocol.serverName", "the name that the certificate must be for is not said", "", "a DNS name");
        if (protocol is { IsTls: true, Trust: UpstreamTrust.Authorities } && UpstreamTls.Authorities(protocol.Authorities ?? "").Count == 0)
            Add(wrong, $"{key}.protocol.authorities", "no certificate of an authority can be read", "(not shown)", "PEM");
    }

    /// <summary>Null where port or address is none. Without an address: all of IPv4 and IPv6.</summary>
    static IPEndPoint? Listener(GatewayPort port)
    {
        if (port.Port is < 1 or > 65535) return null;
        if (port.Address is null or "") return new IPEndPoint(IPAddress.IPv6Any, port.Port);
        return IPAddress.TryParse(port.Address, out var address) ? new IPEndPoint(address, port.Port) : null;
    }

    static bool IsHost(string host)
    {
        if (host.StartsWith("*.", StringComparison.Ordinal)) host = host[2..];
        if (host.Length is 0 or > 255) return false;
        foreach (var c in host)
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c is not ('-' or '.' or '_' or '[' or ']')
                && !(c == ':' && host is ['[', .., ']'])) return false;
        return host[0] != '.' && host[^1] != '.';
    }

    static void Add(List<Diagnostic> wrong, string key, string message, object found, string expected) =>
        wrong.Add(new Diagnostic { Key = key, Message = message, Found = found.ToString(), Expected = expected });

    readonly record struct Kept(CompiledRoute Route, InstanceState[] Instances);

    /// <summary>Where something stands in the document; becomes words only where something is wrong with it.</summary>
    readonly record struct RouteKey(int Route, int? Destination = null)
    {
        public override string ToString() => Destination is { } d ? $"routes[{Route}].destinations[{d}]" : $"routes[{Route}]";
    }
}
