using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>How the instances of a release are chosen between.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<BalanceKind>))]
public enum BalanceKind
{
    /// <summary>The least in flight, ties in turn.</summary>
    [JsonStringEnumMemberName("least-requests")] LeastRequests,

    /// <summary>In turn.</summary>
    [JsonStringEnumMemberName("round-robin")] RoundRobin,

    /// <summary>Of two taken at random the one with fewer in flight (Mitzenmacher, The Power of Two Choices in Randomized Load Balancing, 2001).</summary>
    [JsonStringEnumMemberName("two-choices")] TwoChoices,

    /// <summary>The same key goes to the same instance.</summary>
    [JsonStringEnumMemberName("hash")] Hash,
}

/// <summary>What a request's key is, with <see cref="BalanceKind.Hash"/>.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HashSource>))]
public enum HashSource
{
    /// <summary>The client's address.</summary>
    [JsonStringEnumMemberName("address")] Address,

    /// <summary>The value of a header.</summary>
    [JsonStringEnumMemberName("header")] Header,

    /// <summary>The value of a cookie.</summary>
    [JsonStringEnumMemberName("cookie")] Cookie,

    /// <summary>The path without the query.</summary>
    [JsonStringEnumMemberName("path")] Path,
}

/// <summary>How the instances of a release are chosen between, where that is not <see cref="BalanceKind.LeastRequests"/>.</summary>
public sealed record BalancePolicy
{
    public required BalanceKind Kind { get; init; }

    public HashSource Source { get; init; }

    /// <summary>Of the header or the cookie. A request without it goes to the instance with the least in flight.</summary>
    public string? Name { get; init; }

    /// <summary>
    /// With <see cref="BalanceKind.Hash"/>: in percent of the mean, how many requests an instance has in flight before its keys go to the next one in
    /// their order (Mirrokni, Thorup, Zadimoghaddam: Consistent Hashing with Bounded Loads, 2018). More than 100.
    /// </summary>
    public int Load { get; init; } = 200;
}

/// <summary>A client stays with the instance that answered him first, for as long as that gets requests: by a cookie of the gateway's.</summary>
public sealed record AffinityPolicy
{
    /// <summary>Of the cookie; null: until the browser is closed.</summary>
    public TimeSpan? Lifetime { get; init; }

    /// <summary>32 bytes as Base64, the app's own: what instances are named with in cookies. A secret; null only in a release, where it is not known yet.</summary>
    public string? Key { get; init; }
}
