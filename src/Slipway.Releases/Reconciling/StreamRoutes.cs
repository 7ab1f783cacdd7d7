using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>What is otherwise of a route of connections than of one of requests: each port of <c>listen</c> is one.</summary>
static class StreamRoutes
{
    /// <summary>The container's port behind a port of the host, as this version of the service has it; null where it doesn't listen there.</summary>
    public static int? TargetOf(ReleasePolicy release, StreamPort listen) =>
        release.Listen.FirstOrDefault(l => (l.Protocol, l.Port, l.Address) == (listen.Protocol, listen.Port, listen.Address))?.Target;

    /// <summary>Connections can be told by their client's address alone.</summary>
    /// <returns>Null: none can.</returns>
    public static IReadOnlyList<RequestMatch>? MatchOf(IReadOnlyList<RequestMatch>? match, StreamPort? listen) =>
        listen is null ? match : MatchRules.ByAddress(match) is { Count: > 0 } byAddress ? byAddress : null;

    /// <param name="route">With the destinations of that port.</param>
    public static Route Of(Route route, ServiceModel service, StreamPort listen, bool isPreview = false) => route with
    {
        Hosts = [],
        Ports = [],
        Path = "/",
        When = null,
        Policy = null,
        Https = null,
        Unavailable = null,
        Mirror = null,
        Destinations = [.. route.Destinations.Select(d => d with { Protocol = null })],
        IsPreview = isPreview,
        Split = route.Split is { } split ? split with { Goals = null } : null,
        Stream = new StreamRoute
        {
            Protocol = listen.Protocol,
            Address = listen.Address,
            Port = isPreview ? listen.Preview!.Value : listen.Port,
            Proxy = listen.Proxy,
            Addresses = service.Release.Route?.Addresses,
            MaxConnections = listen.Max,
            Connect = service.Release.Route?.Timeouts?.Connect,
            Idle = listen.Idle,
            Drain = service.Release.Drain.Connections,
        },
    };
}
