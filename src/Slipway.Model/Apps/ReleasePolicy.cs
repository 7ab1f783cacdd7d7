using System.Text.Json.Serialization;

namespace Slipway.Model;

[JsonConverter(typeof(JsonStringEnumConverter<Strategy>))]
public enum Strategy
{
    /// <summary>Stop the old, start the new: for what can't run twice.</summary>
    [JsonStringEnumMemberName("recreate")] Recreate,

    /// <summary>Instance by instance: one new ready, one old drained and stopped.</summary>
    [JsonStringEnumMemberName("rolling")] Rolling,

    /// <summary>The new release whole in the other slot, unseen until it is promoted; all traffic switched at once; the old one kept warm.</summary>
    [JsonStringEnumMemberName("blue-green")] BlueGreen,

    /// <summary>The new release whole in the other slot, its share of the requests rising step by step while a judge compares it with the live one.</summary>
    [JsonStringEnumMemberName("canary")] Canary,

    /// <summary>As a canary, but its part of the requests stays the same until the experiment ends, and nothing is promoted by that alone.</summary>
    [JsonStringEnumMemberName("ab")] Ab,
}

public static class StrategyExtensions
{
    extension(Strategy strategy)
    {
        /// <summary>The new release is staged whole beside the live one, and is seen there before it takes over.</summary>
        public bool StagesWhole => strategy == Strategy.BlueGreen || strategy.SharesRequests;

        /// <summary>Both releases get a part of the requests for a time.</summary>
        public bool SharesRequests => strategy is Strategy.Canary or Strategy.Ab;
    }
}

/// <summary>What <c>x-release</c> says of one service, defaults applied.</summary>
public sealed record ReleasePolicy
{
    /// <summary>Host names that reach this service through the gateway, lower case, *.example.com for all below; empty: it gets no requests.</summary>
    public IReadOnlyList<string> Hosts { get; init; } = [];

    /// <summary>Path prefix of its routes, at segment boundaries.</summary>
    public string Path { get; init; } = "/";

    /// <summary>Only requests that one of these matches, where not null: services of one host and path are told apart by them.</summary>
    public IReadOnlyList<RequestMatch>? When { get; init; }

    /// <summary>
    /// The container's port that gets the requests (of a service without any: that of its first TCP connections), or null where only the image knows it (the lowest EXPOSEd TCP port, taken when the release is made).
    /// </summary>
    public int? Port { get; init; }

    /// <summary>How instances are spoken to; null: HTTP/1.1.</summary>
    public UpstreamProtocol? Protocol { get; init; }

    /// <summary>Host ports on which the gateway serves this service whatever the Host header says (from the Compose file's <c>ports</c>).</summary>
    public IReadOnlyList<GatewayPort> GatewayPorts { get; init; } = [];

    /// <summary>Host ports whose TCP connections and UDP datagrams go to this service as they come.</summary>
    public IReadOnlyList<StreamPort> Listen { get; init; } = [];

    /// <summary>What the gateway does with its requests beside forwarding them; null: nothing.</summary>
    public RoutePolicy? Route { get; init; }

    /// <summary>Hosts and paths that are sent elsewhere.</summary>
    public IReadOnlyList<RedirectRule> Redirects { get; init; } = [];

    public required Strategy Strategy { get; init; }

    /// <summary>Steps, judge and assignment; of a routed service whose strategy is <see cref="Model.Strategy.Canary"/> or <see cref="Model.Strategy.Ab"/>, else null.</summary>
    public CanaryPolicy? Canary { get; init; }

    /// <summary>Whom a new release waits for before it gets its first request; null: for nobody in particular. Not of a canary, whose approvals are steps.</summary>
    public ApprovalRule? Approve { get; init; }

    /// <summary>Requests that see the new release as soon as it is ready, whatever share of the others it gets; null: none.</summary>
    public IReadOnlyList<RequestMatch>? Match { get; init; }

    /// <summary>Null: http and https are both answered.</summary>
    public HttpsPolicy? Https { get; init; }

    public ReadyGate Ready { get; init; } = new();

    public DrainPolicy Drain { get; init; } = new();

    public KeepPolicy Keep { get; init; } = new();

    /// <summary>Run once for each release, in this order, before any of it starts.</summary>
    public IReadOnlyList<JobModel> Before { get; init; } = [];

    /// <summary>Reached through the gateway, by requests or by connections.</summary>
    [JsonIgnore]
    public bool IsRouted => Hosts.Count > 0 || Listen.Count > 0;
}

/// <summary>A port of the host that the gateway listens on for one service.</summary>
/// <param name="Address">IP address; null: all of them.</param>
public sealed record GatewayPort(string? Address, int Port)
{
    /// <summary>TLS is spoken on it, with the certificates of the service's hosts.</summary>
    public bool Tls { get; init; }
}

/// <summary>When an instance may get traffic. Defaults: the healthcheck where there is one, else a TCP connect to the routed port, else running.</summary>
public sealed record ReadyGate
{
    /// <summary>Path of an HTTP GET that must answer 200 to 399, or null for the default above.</summary>
    public string? Http { get; init; }

    /// <summary>
    /// Name of a gRPC service whose grpc.health.v1.Health/Check must answer SERVING; empty: that of the whole server; null: not asked
    /// (https://github.com/grpc/grpc/blob/master/doc/health-checking.md).
    /// </summary>
    public string? Grpc { get; init; }

    /// <summary>Between two probes.</summary>
    public TimeSpan Every { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Of one probe.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Probes in a row that must pass.</summary>
    public int Passes { get; init; } = 1;

    /// <summary>From start to ready; past it the release fails.</summary>
    public TimeSpan Within { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>How long requests in flight may take to end after their instance has lost its routes.</summary>
public sealed record DrainPolicy
{
    public TimeSpan Requests { get; init; } = TimeSpan.FromSeconds(30);

    public TimeSpan WebSockets { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Of plain TCP connections and UDP flows.</summary>
    public TimeSpan Connections { get; init; } = TimeSpan.FromSeconds(60);
}

/// <summary>What stays after a release was replaced.</summary>
public sealed record KeepPolicy
{
    /// <summary>How long its instances run on, for a rollback that is a route change only.</summary>
    public TimeSpan Warm { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How many releases stay in the history with their images.</summary>
    public int Releases { get; init; } = 5;
}
