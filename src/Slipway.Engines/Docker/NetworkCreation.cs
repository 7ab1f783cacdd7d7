using System.Text.Json.Serialization;

namespace Slipway.Engines.Docker;

/// <summary>Body of NetworkCreate.</summary>
sealed record NetworkCreation
{
    public required string Name { get; init; }

    /// <summary>Asks the engine to refuse a second network of this name (ignored from API 1.44 on, which always does).</summary>
    public bool CheckDuplicate { get; init; } = true;

    public string? Driver { get; init; }

    public IReadOnlyDictionary<string, string>? Options { get; init; }

    /// <summary>Null: the engine chooses.</summary>
    [JsonPropertyName("IPAM")]
    public NetworkAddresses? Ipam { get; init; }

    public bool Internal { get; init; }

    public bool EnableIPv6 { get; init; }

    public required IReadOnlyDictionary<string, string> Labels { get; init; }
}

sealed record NetworkCreated
{
    public required string Id { get; init; }
}

/// <summary>Engine API, NetworkList: an entry.</summary>
sealed record NetworkListed
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    [JsonPropertyName("IPAM")]
    public NetworkAddresses? Ipam { get; init; }
}

/// <summary>Engine API, IPAM: the addresses of a network.</summary>
sealed record NetworkAddresses
{
    public IReadOnlyList<NetworkSubnet>? Config { get; init; }
}

sealed record NetworkSubnet
{
    public string? Subnet { get; init; }
}

/// <summary>Body of NetworkConnect.</summary>
sealed record NetworkConnection
{
    public required string Container { get; init; }

    public EndpointConfig? EndpointConfig { get; init; }
}

/// <summary>Body of NetworkDisconnect.</summary>
sealed record NetworkDisconnection
{
    public required string Container { get; init; }

    public bool Force { get; init; }
}
