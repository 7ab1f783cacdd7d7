using System.Text.Json.Serialization;

namespace Slipway.Model;

[JsonConverter(typeof(JsonStringEnumConverter<UpstreamScheme>))]
public enum UpstreamScheme
{
    /// <summary>HTTP/1.1.</summary>
    [JsonStringEnumMemberName("http")] Http,

    /// <summary>HTTP/2 without TLS, by prior knowledge (RFC 9113, section 3.3).</summary>
    [JsonStringEnumMemberName("h2c")] H2c,

    /// <summary>TLS, in it HTTP/2 or HTTP/1.1, as the instance chooses (ALPN, RFC 7301).</summary>
    [JsonStringEnumMemberName("https")] Https,

    /// <summary>gRPC: <see cref="H2c"/>.</summary>
    [JsonStringEnumMemberName("grpc")] Grpc,

    /// <summary>gRPC over TLS: HTTP/2 alone.</summary>
    [JsonStringEnumMemberName("grpcs")] Grpcs,
}

[JsonConverter(typeof(JsonStringEnumConverter<UpstreamTrust>))]
public enum UpstreamTrust
{
    /// <summary>Authorities that the machine trusts.</summary>
    [JsonStringEnumMemberName("system")] System,

    /// <summary>Every certificate is taken.</summary>
    [JsonStringEnumMemberName("none")] None,

    /// <summary><see cref="UpstreamProtocol.Authorities"/> and no others.</summary>
    [JsonStringEnumMemberName("authorities")] Authorities,
}

/// <summary>How instances of a service are spoken to.</summary>
public sealed record UpstreamProtocol
{
    public required UpstreamScheme Scheme { get; init; }

    /// <summary>Whose certificates are believed; of <see cref="IsTls"/>.</summary>
    public UpstreamTrust Trust { get; init; }

    /// <summary>PEM, one or more certificates; with <see cref="UpstreamTrust.Authorities"/>.</summary>
    public string? Authorities { get; init; }

    /// <summary>The name that is asked for (SNI) and that the certificate must be for; of <see cref="IsTls"/>.</summary>
    public string? ServerName { get; init; }

    [JsonIgnore]
    public bool IsTls => Scheme is UpstreamScheme.Https or UpstreamScheme.Grpcs;

    /// <summary>HTTP/2 and nothing else.</summary>
    [JsonIgnore]
    public bool IsHttp2Only => Scheme is UpstreamScheme.H2c or UpstreamScheme.Grpc or UpstreamScheme.Grpcs;
}
