namespace Slipway.Model;

/// <summary>
/// What a gateway does with a route's requests and answers beside forwarding them. What is null is not done and costs nothing. A gateway that is older
/// than a property ignores it.
/// </summary>
public sealed record RoutePolicy
{
    /// <summary>Changes to the headers that instances get.</summary>
    public HeaderChanges? RequestHeaders { get; init; }

    /// <summary>Changes to the headers of instances' answers; not of what the gateway answers itself.</summary>
    public HeaderChanges? ResponseHeaders { get; init; }

    /// <summary>The path that instances get.</summary>
    public PathRewrite? Rewrite { get; init; }

    /// <summary>Who may ask: others get 403.</summary>
    public AddressRules? Addresses { get; init; }

    /// <summary>Names and passwords that are asked for (RFC 7617): 401 without.</summary>
    public BasicAuth? BasicAuth { get; init; }

    /// <summary>How often one client may ask: 429 beyond it.</summary>
    public RateLimit? Rate { get; init; }

    /// <summary>Requests of the route in flight at once, upgraded connections among them: 503 beyond it.</summary>
    public int? MaxRequests { get; init; }

    /// <summary>Bytes of a request's body: 413 beyond it.</summary>
    public long? MaxBody { get; init; }

    /// <summary>How long instances may take, where that is not what the gateway is set to.</summary>
    public UpstreamTimeouts? Timeouts { get; init; }

    /// <summary>Whether answers are compressed for clients that take it (br, gzip).</summary>
    public bool Compress { get; init; }

    /// <summary>When an instance that keeps failing is left alone for a while.</summary>
    public OutlierPolicy? Outliers { get; init; }

    /// <summary>How instances are chosen between; null: the one with the least requests in flight.</summary>
    public BalancePolicy? Balance { get; init; }

    /// <summary>Whether a client stays with an instance.</summary>
    public AffinityPolicy? Affinity { get; init; }

    /// <summary>Requests and upgraded connections of one instance at once; where all have so many, 503.</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Requests that are sent once more though an instance had them.</summary>
    public RetryPolicy? Retries { get; init; }

    /// <summary>When a release that keeps failing is left alone.</summary>
    public BreakerPolicy? Breaker { get; init; }

    /// <summary>What the gateway asks instances to see whether they are well.</summary>
    public HealthPolicy? Health { get; init; }
}

/// <summary>Headers to set (what was there is replaced) and to remove, names in any case.</summary>
public sealed record HeaderChanges
{
    public IReadOnlyDictionary<string, string> Set { get; init; } = new Dictionary<string, string>();

    public IReadOnlyList<string> Remove { get; init; } = [];
}

/// <summary>A prefix of the path, at a segment's boundary, and what stands in its place; the rest and the query stay.</summary>
/// <param name="Prefix">Begins with /, does not end with it; or is / alone: nothing is taken away.</param>
/// <param name="With">Empty: the prefix is stripped. Else like the prefix.</param>
public sealed record PathRewrite(string Prefix, string With);

/// <summary>Networks in CIDR notation (RFC 4632, RFC 4291). What <see cref="Deny"/> holds is refused; then, unless it is empty, only what <see cref="Allow"/> holds is let in.</summary>
public sealed record AddressRules
{
    public IReadOnlyList<string> Allow { get; init; } = [];

    public IReadOnlyList<string> Deny { get; init; } = [];
}

/// <summary>Who is let in.</summary>
public sealed record BasicAuth
{
    public required string Realm { get; init; }

    /// <summary>Name to hash: bcrypt ($2a$, $2b$, $2y$) or SHA-512 crypt ($6$).</summary>
    public required IReadOnlyDictionary<string, string> Users { get; init; }
}

/// <summary>A bucket of tokens for each client: it holds <see cref="Burst"/>, and <see cref="Requests"/> come back in each <see cref="Per"/>, evenly.</summary>
public sealed record RateLimit
{
    public required int Requests { get; init; }

    public TimeSpan Per { get; init; } = TimeSpan.FromSeconds(1);

    public required int Burst { get; init; }

    /// <summary>The header whose value tells the clients apart; null, and for requests without it: their address, of IPv6 its /64.</summary>
    public string? Header { get; init; }
}

/// <summary>Null: what the gateway is set to (<c>connect</c> 5 s, <c>answer</c> 60 s, <c>idle</c> none).</summary>
public sealed record UpstreamTimeouts
{
    /// <summary>Until an instance accepts a connection; then another one is asked.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>From the request's last byte to the answer's head.</summary>
    public TimeSpan? Answer { get; init; }

    /// <summary>Between two pieces of an answer's body.</summary>
    public TimeSpan? Idle { get; init; }
}

/// <summary>An instance is ejected when so many requests in a row had no answer from it, or one of 502, 503 or 504. It comes back when its time is over.</summary>
public sealed record OutlierPolicy
{
    public int Failures { get; init; } = 5;

    /// <summary>How long it gets no requests; twice, three times ... as long where it fails again at once, at most ten times.</summary>
    public TimeSpan Eject { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>At most so many of a release's instances at once, in percent, rounded down.</summary>
    public int MaxShare { get; init; } = 50;
}

/// <summary>Where requests are sent instead of being served: prefix of the path to prefix, the rest and the query stay.</summary>
public sealed record RouteRedirect
{
    /// <summary><c>http</c> or <c>https</c>; null: the request's own.</summary>
    public string? Scheme { get; init; }

    /// <summary>Null: the request's own.</summary>
    public string? Host { get; init; }

    /// <summary>In place of the route's path. Begins with /.</summary>
    public string Path { get; init; } = "/";

    /// <summary>301, 302, 303, 307 or 308 (RFC 9110, section 15.4).</summary>
    public int Status { get; init; } = 308;
}

/// <summary>A redirect as <c>x-release</c> asks for it.</summary>
public sealed record RedirectRule
{
    /// <summary>Null: the service's own hosts.</summary>
    public string? FromHost { get; init; }

    public string FromPath { get; init; } = "/";

    public required RouteRedirect To { get; init; }
}

/// <summary>An app answers nobody for a while: every request is told so with 503.</summary>
public sealed record Maintenance
{
    /// <summary>For people; null: a sentence of the gateway's own.</summary>
    public string? Message { get; init; }

    /// <summary>Seconds, for Retry-After.</summary>
    public int RetryAfter { get; init; } = 60;

    public DateTimeOffset Since { get; init; }

    /// <summary>The account that asked for it.</summary>
    public string? By { get; init; }
}
