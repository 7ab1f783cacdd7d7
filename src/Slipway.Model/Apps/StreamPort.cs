namespace Slipway.Model;

/// <summary>An entry of <c>listen</c>: a port of the host whose connections or datagrams go to the service as they come.</summary>
public sealed record StreamPort
{
    public required StreamProtocol Protocol { get; init; }

    /// <summary>IP address of the host, or null for all.</summary>
    public string? Address { get; init; }

    /// <summary>Of the host.</summary>
    public required int Port { get; init; }

    /// <summary>Of the container.</summary>
    public required int Target { get; init; }

    /// <summary>Port of the host at which a release is reached that is staged; null: none.</summary>
    public int? Preview { get; init; }

    public ProxyProtocol? Proxy { get; init; }

    /// <summary>Open connections or flows at once; null: no limit (of flows 10,000).</summary>
    public int? Max { get; init; }

    public TimeSpan? Idle { get; init; }

    public override string ToString() => FormattableString.Invariant($"{(Address is null ? "" : Address.Contains(':', StringComparison.Ordinal) ? $"[{Address}]:" : Address + ":")}{Port}/{Word}");

    /// <summary>tcp or udp.</summary>
    [System.Text.Json.Serialization.JsonIgnore]
    public string Word => Protocol == StreamProtocol.Tcp ? "tcp" : "udp";
}
