using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// Everything that a gateway needs to serve, as one versioned document. A switch is the swap of one table for the next;
/// a gateway acknowledges a version only when no request can begin by an older one.
/// </summary>
public sealed record RouteTable
{
    /// <summary>Rises by one with each change; a gateway refuses one that is lower than what it has.</summary>
    public required long Version { get; init; }

    public required IReadOnlyList<Route> Routes { get; init; }

    public static RouteTable Empty { get; } = new() { Version = 0, Routes = [] };
}

/// <summary>Which requests go to one service of one app, and where they go.</summary>
public sealed record Route
{
    public required AppName App { get; init; }

    public required string Service { get; init; }

    /// <summary>Host names, lower case, without a port; *.example.com is every name below example.com. An exact name wins, then the longest wildcard.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>Path prefix, at segment boundaries: /api matches /api and /api/x, not /apix. The longest match wins.</summary>
    public string Path { get; init; } = "/";

    /// <summary>
    /// Only requests that one of these matches, where not null; routes of one host and path are told apart by them. The match with the most conditions is
    /// tried first, then that of the route that stands first; a route without any comes last. Says nothing of requests to <see cref="Ports"/>.
    /// </summary>
    public IReadOnlyList<RequestMatch>? When { get; init; }

    /// <summary>Ports of the host on which every request goes to this route, whatever its Host header says.</summary>
    public IReadOnlyList<GatewayPort> Ports { get; init; } = [];

    /// <summary>Not null: no route of requests, but of connections.</summary>
    public StreamRoute? Stream { get; init; }

    /// <summary>The releases that get requests; empty: every request is answered 503 with <see cref="Unavailable"/>.</summary>
    public IReadOnlyList<Destination> Destinations { get; init; } = [];

    /// <summary>
    /// How requests are assigned where two releases share the route; null: at random by the weights. With a split a destination of weight 0 is the one
    /// that is asked where the other has no instance that takes the request.
    /// </summary>
    public RouteSplit? Split { get; init; }

    /// <summary>Copies of requests for another release; null: none.</summary>
    public RouteMirror? Mirror { get; init; }

    /// <summary>What is done beside forwarding; null: nothing.</summary>
    public RoutePolicy? Policy { get; init; }

    /// <summary>Not null: requests are sent there, and no destination is asked.</summary>
    public RouteRedirect? Redirect { get; init; }

    /// <summary>Not null: requests are answered with it, and no destination is asked.</summary>
    public Maintenance? Maintenance { get; init; }

    /// <summary>Of a preview host: its requests are not counted, because they say nothing about people's.</summary>
    public bool IsPreview { get; init; }

    /// <summary>What is said of TLS; null: http and https are both answered. Concerns the gateway's own addresses; of <see cref="Ports"/> those that speak TLS.</summary>
    public HttpsPolicy? Https { get; init; }

    /// <summary>What the 503 page says where no instance can be reached, for people: "guestbook is being replaced".</summary>
    public string? Unavailable { get; init; }

    /// <summary>Every instance that may get requests by it, copies among them.</summary>
    [JsonIgnore]
    public IEnumerable<Upstream> Upstreams => Destinations.SelectMany(d => d.Upstreams).Concat(Mirror?.Upstreams ?? []);
}

/// <summary>One release's share of a route.</summary>
public sealed record Destination
{
    public required int Release { get; init; }

    /// <summary>Share of the requests, relative to the sum over the route's destinations; 0 gets none, but see <see cref="Route.Split"/>.</summary>
    public required int Weight { get; init; }

    /// <summary>Instances that are ready. One is chosen by <see cref="RoutePolicy.Balance"/>.</summary>
    public required IReadOnlyList<Upstream> Upstreams { get; init; }

    /// <summary>How they are spoken to; null: HTTP/1.1.</summary>
    public UpstreamProtocol? Protocol { get; init; }

    /// <summary>
    /// How long WebSockets may stay open on instances that no table names any more: by then each was told that its server goes away (1001). Null: until
    /// the instance ends.
    /// </summary>
    public TimeSpan? WebSockets { get; init; }
}

/// <summary>
/// Which of two releases a request belongs to: <c>HMAC-SHA256(key, release, user) mod sum of the weights &lt; weight of the release</c>. As its weight
/// rises, users move to the release and never away from it.
/// </summary>
public sealed record RouteSplit
{
    /// <summary>The release whose share rises.</summary>
    public required int Release { get; init; }

    public required StickyKind Sticky { get; init; }

    /// <summary>The header whose value is the user, with <see cref="StickyKind.Header"/>; a request without it is assigned at random.</summary>
    public string? Header { get; init; }

    /// <summary>
    /// Requests that one of these matches always go to the release, whatever its weight; with a weight of 0 they alone do, and nobody else even where
    /// the other release has no instance. Null: none.
    /// </summary>
    public IReadOnlyList<RequestMatch>? Match { get; init; }

    /// <summary>What is counted of both releases' requests, beside them; null: nothing.</summary>
    public IReadOnlyList<GoalPolicy>? Goals { get; init; }

    /// <summary>32 bytes as Base64, the app's own: signs the cookies that the gateway issues, and keys the assignment. A secret.</summary>
    public required string Key { get; init; }
}

/// <summary>Where one instance listens.</summary>
/// <param name="Instance">The engine's identifier of the instance.</param>
/// <param name="Address">IP address.</param>
public sealed record Upstream(string Instance, string Address, int Port);

/// <summary>What a gateway has counted since it started. Counters only rise; whoever reads takes differences.</summary>
public sealed record GatewayReport
{
    /// <summary>A new one for each gateway process: counters of another session start at 0.</summary>
    public required string Session { get; init; }

    public required int ProcessId { get; init; }

    public required DateTimeOffset Started { get; init; }

    /// <summary>Version of the table that it serves by.</summary>
    public required long TableVersion { get; init; }

    /// <summary><see cref="CertificateSet.Revision"/> of what it speaks TLS with; empty before the first.</summary>
    public string Certificates { get; init; } = "";

    public required IReadOnlyList<InstanceTraffic> Instances { get; init; }

    public required IReadOnlyList<ReleaseTraffic> Releases { get; init; }

    /// <summary>Requests for which no route was found (404).</summary>
    public long Unrouted { get; init; }

    /// <summary>Requests that were refused before a route was looked for, by reason: <c>bad-request</c>, <c>head-too-large</c>, <c>timeout</c>, <c>body-too-large</c>, <c>version</c>, <c>loop</c>.</summary>
    public IReadOnlyDictionary<string, long> Refused { get; init; } = new Dictionary<string, long>();

    /// <summary>Requests that their route did not let to an instance. Previews are not counted.</summary>
    public IReadOnlyList<TurnedAwayTraffic> TurnedAway { get; init; } = [];

    /// <summary>Of releases whose routes ask for one.</summary>
    public IReadOnlyList<BreakerTraffic> Breakers { get; init; } = [];

    /// <summary>Lines of the access log that were dropped because the disk was too slow.</summary>
    public long LogLinesDropped { get; init; }

    /// <summary>Addresses it listens on, as host:port.</summary>
    public IReadOnlyList<string> Listening { get; init; } = [];

    /// <summary>Ports of the table that it could not open, with the reason.</summary>
    public IReadOnlyDictionary<string, string> NotListening { get; init; } = new Dictionary<string, string>();
}

/// <summary>What one instance is busy with. Instances that lost their routes stay listed until nothing is in flight.</summary>
public sealed record InstanceTraffic
{
    public required string Instance { get; init; }

    /// <summary>Requests begun and not ended, upgraded connections not among them.</summary>
    public required int InFlight { get; init; }

    /// <summary>Open WebSockets and other upgraded connections.</summary>
    public required int Upgraded { get; init; }

    /// <summary>Open TCP connections and live UDP flows of <see cref="Route.Stream"/>.</summary>
    public int Connections { get; init; }

    /// <summary>Why the gateway's own checks (<see cref="RoutePolicy.Health"/>) fail; null where they pass, or there are none.</summary>
    public string? Unhealthy { get; init; }

    /// <summary>Left alone for a while, because it kept failing (<see cref="RoutePolicy.Outliers"/>).</summary>
    public bool Ejected { get; init; }
}

/// <summary>Requests to a service that the gateway answered itself, whichever release would have got them.</summary>
public sealed record TurnedAwayTraffic
{
    public required AppName App { get; init; }

    public required string Service { get; init; }

    /// <summary>
    /// As in the answer's X-Slipway-Error: <c>address</c>, <c>rate</c>, <c>body</c>, <c>credentials</c>, <c>busy</c>, <c>no-instance</c>, <c>maintenance</c>,
    /// <c>https-only</c>, <c>http-only</c>; <c>bad-request</c> of a path that can't be rewritten.
    /// </summary>
    public required string Reason { get; init; }

    public required long Requests { get; init; }
}

/// <summary>The circuit breaker of one service of one release.</summary>
public sealed record BreakerTraffic
{
    public required AppName App { get; init; }

    public required string Service { get; init; }

    public required int Release { get; init; }

    /// <summary>Of the preview host, which has one of its own.</summary>
    public bool IsPreview { get; init; }

    /// <summary><c>closed</c>, <c>open</c> or <c>half-open</c>.</summary>
    public required string State { get; init; }

    /// <summary>How often it has opened.</summary>
    public required long Opened { get; init; }

    /// <summary>Requests that it answered. Failed ones of <see cref="ReleaseTraffic"/> too.</summary>
    public required long Refused { get; init; }
}

/// <summary>Requests to one service of one release.</summary>
public sealed record ReleaseTraffic
{
    public required AppName App { get; init; }

    public required string Service { get; init; }

    public required int Release { get; init; }

    /// <summary>Those that went to the release because a <see cref="RouteSplit.Match"/> named them; they are counted in an entry of their own.</summary>
    public bool IsMatched { get; init; }

    /// <summary>Not null: an entry of connections or flows, which have neither answers nor times; of a service with both, requests are in another one.</summary>
    public StreamProtocol? Stream { get; init; }

    /// <summary>Bytes from the clients; of a <see cref="Stream"/> alone.</summary>
    public long Received { get; init; }

    /// <summary>Bytes to the clients; of a <see cref="Stream"/> alone.</summary>
    public long Sent { get; init; }

    public required long Requests { get; init; }

    /// <summary>Answers by status class: index 1 to 5 for 1xx to 5xx, as the instance gave them.</summary>
    public required IReadOnlyList<long> ByClass { get; init; }

    /// <summary>Requests that the gateway had to answer itself because no instance could (502, 503, 504), or whose answer broke off; connections that no instance took, or that one reset.</summary>
    public required long Failed { get; init; }

    /// <summary>How often a request was sent once more though an instance had it (<see cref="RoutePolicy.Retries"/>). The request is counted once.</summary>
    public long Retries { get; init; }

    /// <summary>How often it was not, because the budget was spent.</summary>
    public long RetriesDenied { get; init; }

    /// <summary>Null: from a gateway of an older version, which did not tell them apart.</summary>
    public AnswerTimes? Times { get; init; }

    /// <summary>Null: it got no copies of requests since the gateway started.</summary>
    public MirroredTraffic? Mirrored { get; init; }

    /// <summary>How often each goal of <see cref="RouteSplit.Goals"/> was reached, by its name; null: none was.</summary>
    public IReadOnlyDictionary<string, long>? Goals { get; init; }

    /// <summary>Requests and goals of an experiment by groups of its users; null: none, or from a gateway of an older version.</summary>
    public UserGroups? Groups { get; init; }

    /// <summary>Upper bounds in milliseconds of a histogram's buckets, each inclusive; 0.5 to 63000: ten preferred numbers a decade (ISO 3, R 10), 1.26 times apart.</summary>
    public static IReadOnlyList<double> LatencyBuckets { get; } =
    [
        0.5, 0.63, 0.8,
        1, 1.25, 1.6, 2, 2.5, 3.15, 4, 5, 6.3, 8,
        10, 12.5, 16, 20, 25, 31.5, 40, 50, 63, 80,
        100, 125, 160, 200, 250, 315, 400, 500, 630, 800,
        1000, 1250, 1600, 2000, 2500, 3150, 4000, 5000, 6300, 8000,
        10000, 12500, 16000, 20000, 25000, 31500, 40000, 50000, 63000,
    ];
}
