using System.Text.Json.Serialization;

namespace Slipway.Model;

[JsonConverter(typeof(JsonStringEnumConverter<HttpsMode>))]
public enum HttpsMode
{
    /// <summary>http and https are both answered.</summary>
    [JsonStringEnumMemberName("both")] Both,

    /// <summary>http is answered with 308 to the same at https.</summary>
    [JsonStringEnumMemberName("redirect")] Redirect,

    /// <summary>http is refused with 403.</summary>
    [JsonStringEnumMemberName("only")] Only,

    /// <summary>No certificate is made for it, and https is refused with 421.</summary>
    [JsonStringEnumMemberName("off")] Off,
}

/// <summary>How a service is served over TLS; said by <c>x-release</c>'s <c>https</c> and <c>hsts</c>.</summary>
public sealed record HttpsPolicy
{
    public HttpsMode Mode { get; init; }

    /// <summary>How long browsers are told to use https alone (Strict-Transport-Security, RFC 6797), in seconds; null: they are not told.</summary>
    public long? Hsts { get; init; }

    /// <summary>No certificate is ordered from an authority; the platform makes its own.</summary>
    public bool OwnCertificate { get; init; }
}
