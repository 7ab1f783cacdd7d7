namespace Slipway.Registry.Signatures.Trust;

/// <summary>A key or certificate that is to be trusted.</summary>
public sealed record TrustRequest
{
    /// <summary>What policies and reports call it.</summary>
    public required string Name { get; init; }

    /// <summary>PEM of a public key: signatures of cosign. Either this or a certificate.</summary>
    public string? Key { get; init; }

    /// <summary>PEM of root certificates: signatures of notation.</summary>
    public string? Certificate { get; init; }

    /// <summary>
    /// With a certificate: what the subject of the one that signs must have, C=DE, O=Shop (RFC 4514; its order and what else the subject has does not matter).
    /// Null: whatever the root has issued is trusted, which is too much for a root that is not one's own.
    /// </summary>
    public string? Subject { get; init; }

    /// <summary>The projects that trust it; empty: all, and then only an administrator adds it.</summary>
    public IReadOnlyList<string> Projects { get; init; } = [];
}

/// <summary>A key or certificate that is trusted.</summary>
public sealed record TrustedSigner
{
    public required string Name { get; init; }

    /// <summary>key (cosign) or certificate (notation).</summary>
    public required string Kind { get; init; }

    /// <summary>Empty: all.</summary>
    public IReadOnlyList<string> Projects { get; init; } = [];

    /// <summary>ECDSA P-256, RSA 3072 ...; of a certificate that of its key.</summary>
    public required string Algorithm { get; init; }

    /// <summary>SHA-256 of the key's SubjectPublicKeyInfo, or of the first certificate.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The subject of the first certificate.</summary>
    public string? Certificate { get; init; }

    /// <summary>What the subject of a certificate that signs must have; null: any.</summary>
    public string? Subject { get; init; }

    /// <summary>When the first of the certificates ends.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>What was given; public.</summary>
    public required string Pem { get; init; }

    public required string AddedBy { get; init; }

    public required DateTimeOffset Created { get; init; }
}
