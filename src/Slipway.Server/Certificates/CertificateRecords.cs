using System.Text.Json.Serialization;
using Slipway.Server.Certificates.Acme;

namespace Slipway.Server.Certificates;

/// <summary>A certificate and its key, given to be served.</summary>
public sealed record CertificateRequest
{
    /// <summary>What to call it; null: the first name it is for. One of the same name is replaced.</summary>
    public string? Name { get; init; }

    /// <summary>PEM: the certificate, then those between it and a root.</summary>
    public required string Chain { get; init; }

    /// <summary>PEM, not encrypted: RSA of 2048 bits or more, or ECDSA.</summary>
    public required string Key { get; init; }

    /// <summary>Without the key: records end up in logs.</summary>
    public override string ToString() => $"certificate {Name}";
}

/// <summary>A certificate that hosts are served with, or one that could not be had.</summary>
public sealed record CertificateStatus
{
    public required string Name { get; init; }

    /// <summary>"given" by a person, "own": of the platform's authority, "acme".</summary>
    public required string Source { get; init; }

    public required IReadOnlyList<string> Hosts { get; init; }

    public string? Issuer { get; init; }

    public DateTimeOffset? NotBefore { get; init; }

    public DateTimeOffset? NotAfter { get; init; }

    /// <summary>SHA-256 of the certificate, in hexadecimal digits.</summary>
    public string? Fingerprint { get; init; }

    public string? AddedBy { get; init; }

    /// <summary>What is wrong with it, for people: it has ended, or it could not be renewed.</summary>
    public string? Problem { get; init; }
}

/// <summary>The root that the platform's own certificates lead to.</summary>
public sealed record AuthorityStatus
{
    public required string Subject { get; init; }

    /// <summary>SHA-256 of the certificate, in hexadecimal digits.</summary>
    public required string Fingerprint { get; init; }

    public required DateTimeOffset NotAfter { get; init; }

    /// <summary>PEM.</summary>
    public required string Certificate { get; init; }

    /// <summary>Of the next root: since when certificates are issued with it.</summary>
    public DateTimeOffset? IssuesFrom { get; init; }

    /// <summary>The root that will issue after this one: to be trusted by then. Null: there is none yet.</summary>
    public AuthorityStatus? Next { get; init; }
}

/// <summary>The next root of the platform's own authority.</summary>
public sealed record AuthorityRenewal
{
    /// <summary>It issues at once, and what the present one has issued is replaced.</summary>
    public bool AtOnce { get; init; }
}

/// <summary>In the dialect of <see cref="Api.ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(CertificateRequest))]
[JsonSerializable(typeof(IReadOnlyList<CertificateStatus>))]
[JsonSerializable(typeof(AuthorityStatus))]
[JsonSerializable(typeof(AuthorityRenewal))]
[JsonSerializable(typeof(AcmeRequest))]
[JsonSerializable(typeof(AcmeStatus))]
public sealed partial class CertificatesJson : JsonSerializerContext;
