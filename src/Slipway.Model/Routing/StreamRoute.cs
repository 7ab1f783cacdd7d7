using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>What is passed on as it comes, without a look into it.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<StreamProtocol>))]
public enum StreamProtocol
{
    /// <summary>Connections.</summary>
    [JsonStringEnumMemberName("tcp")] Tcp,

    /// <summary>Datagrams, in flows: those of one client's address and port.</summary>
    [JsonStringEnumMemberName("udp")] Udp,
}

/// <summary>How an instance is told who its client is (haproxy.org, proxy-protocol.txt, sections 2.1 and 2.2).</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ProxyProtocol>))]
public enum ProxyProtocol
{
    /// <summary>A line of text.</summary>
    [JsonStringEnumMemberName("v1")] V1,

    /// <summary>Binary.</summary>
    [JsonStringEnumMemberName("v2")] V2,
}

/// <summary>
/// Makes of a <see cref="Route"/> one of TCP connections or UDP flows: everything that comes to a port of the host. Its hosts, path, matches, policy and
/// redirect say nothing then; its destinations and its split mean connections where they speak of requests.
/// </summary>
public sealed record StreamRoute
{
    public required StreamProtocol Protocol { get; init; }

    /// <summary>IP address of the host; null: all of IPv4 and IPv6.</summary>
    public string? Address { get; init; }

    public required int Port { get; init; }

    /// <summary>Of TCP alone: sent before the client's first byte. Null: the instance sees the gateway as its client.</summary>
    public ProxyProtocol? Proxy { get; init; }

    /// <summary>Who may connect.</summary>
    public AddressRules? Addresses { get; init; }

    /// <summary>Open connections or flows of the port at once; null: no limit (of flows 10,000).</summary>
    public int? MaxConnections { get; init; }

    /// <summary>Until an instance accepts a connection; then another one is asked. Null: what the gateway is set to.</summary>
    public TimeSpan? Connect { get; init; }

    /// <summary>Ends a connection or flow on which nothing came for so long, either way. Null: never a connection, a flow after 30 s.</summary>
    public TimeSpan? Idle { get; init; }

    /// <summary>How long a connection may go on after its instance has lost the route; then the gateway ends it.</summary>
    public TimeSpan Drain { get; init; } = new DrainPolicy().Connections;
}
