using System.Text.Json.Serialization;

namespace Slipway.Server.Certificates.Acme;

/// <summary>Which authority certificates are got from by themselves.</summary>
public sealed record AcmeRequest
{
    /// <summary>https URL of its directory (RFC 8555, section 7.1.1).</summary>
    public required string Directory { get; init; }

    /// <summary>Where it may write to.</summary>
    public string? Email { get; init; }

    /// <summary>PEM of the roots that its own server is trusted by; null: those of the system.</summary>
    public string? Roots { get; init; }

    /// <summary>Its terms of service are agreed to; without that there is no account.</summary>
    public bool AgreesToTerms { get; init; }

    /// <summary>How it is shown that a host is ours.</summary>
    public AcmeChallengeKind Challenge { get; init; }

    /// <summary>With <see cref="AcmeChallengeKind.Dns"/>: the program in DATA/hooks that makes and removes records.</summary>
    public string? DnsHook { get; init; }

    /// <summary>With <see cref="AcmeChallengeKind.Dns"/>: how long the DNS needs until everybody sees a record; null: 30 s.</summary>
    public TimeSpan? DnsWait { get; init; }

    /// <summary>The account that the authority knows already, where it asks for one (external account binding, RFC 8555, section 7.3.4).</summary>
    public string? AccountId { get; init; }

    /// <summary>The key of <see cref="AccountId"/>, as the authority shows it: base64url.</summary>
    public string? AccountKey { get; init; }

    /// <summary>Without the key: records end up in logs.</summary>
    public override string ToString() => $"authority {Directory}";
}

/// <summary>How an authority is shown that a host is ours.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<AcmeChallengeKind>))]
public enum AcmeChallengeKind
{
    /// <summary>By a file at port 80 (RFC 8555, section 8.3).</summary>
    [JsonStringEnumMemberName("http")] Http,

    /// <summary>By a handshake at port 443 (RFC 8737).</summary>
    [JsonStringEnumMemberName("tls-alpn")] TlsAlpn,

    /// <summary>By a record in the DNS (RFC 8555, section 8.4), that a program of the operator's makes. Also for wildcards.</summary>
    [JsonStringEnumMemberName("dns")] Dns,
}

/// <summary>The words for <see cref="AcmeChallengeKind"/>.</summary>
public static class AcmeChallengeKinds
{
    /// <summary>What is right, for messages.</summary>
    public const string Expected = "http, tls-alpn or dns";

    public static string TextOf(AcmeChallengeKind kind) => kind switch { AcmeChallengeKind.Dns => "dns", AcmeChallengeKind.TlsAlpn => "tls-alpn", _ => "http" };

    /// <summary>Null: no word for one.</summary>
    public static AcmeChallengeKind? Parse(string text) => text switch { "dns" => AcmeChallengeKind.Dns, "tls-alpn" => AcmeChallengeKind.TlsAlpn, "http" => AcmeChallengeKind.Http, _ => null };
}

/// <summary>The authority, and the account there.</summary>
public sealed record AcmeStatus
{
    public required string Directory { get; init; }

    public string? Email { get; init; }

    /// <summary>The account's URL.</summary>
    public required string Account { get; init; }

    /// <summary>The account with the authority that it is bound to; null: to none.</summary>
    public string? AccountId { get; init; }

    public AcmeChallengeKind Challenge { get; init; }

    public string? DnsHook { get; init; }

    public TimeSpan? DnsWait { get; init; }

    public required string SetBy { get; init; }

    public required DateTimeOffset Changed { get; init; }
}
