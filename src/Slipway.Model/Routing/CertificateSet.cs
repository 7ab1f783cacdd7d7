namespace Slipway.Model;

/// <summary>
/// Everything that a gateway speaks TLS with, beside the route table and independent of it. Given whole; the last one that came is served by.
/// </summary>
public sealed record CertificateSet
{
    /// <summary>SHA-256 over the content, so that a gateway's report says which one it has.</summary>
    public required string Revision { get; init; }

    /// <summary>Where several fit a host equally well, the first one is served.</summary>
    public required IReadOnlyList<ServedCertificate> Certificates { get; init; }

    /// <summary>What certificate authorities ask for at the moment, to see that a host is ours (RFC 8555, section 8.3).</summary>
    public IReadOnlyList<HttpChallenge> Challenges { get; init; } = [];

    /// <summary>The same, asked in a handshake (RFC 8737).</summary>
    public IReadOnlyList<HandshakeChallenge> HandshakeChallenges { get; init; } = [];

    public static CertificateSet Empty { get; } = new() { Revision = "", Certificates = [] };
}

/// <summary>A certificate with its key: a secret.</summary>
public sealed record ServedCertificate
{
    /// <summary>For messages.</summary>
    public required string Name { get; init; }

    /// <summary>Lower case; *.example.com stands for one more label. What the certificate itself says.</summary>
    public required IReadOnlyList<string> Hosts { get; init; }

    /// <summary>PEM: the certificate, then those that lead to a root.</summary>
    public required string Chain { get; init; }

    /// <summary>PEM, not encrypted.</summary>
    public required string Key { get; init; }

    /// <summary>Without the key: records end up in logs.</summary>
    public override string ToString() => $"{Name} for {string.Join(", ", Hosts)}";
}

/// <summary>A GET of http://HOST/.well-known/acme-challenge/TOKEN is answered with Answer.</summary>
public sealed record HttpChallenge(string Host, string Token, string Answer);

/// <summary>A handshake for Host that speaks acme-tls/1 alone is answered with a certificate that holds the digest (RFC 8737, section 3).</summary>
/// <param name="Digest">SHA-256 of the key authorization, Base64.</param>
public sealed record HandshakeChallenge(string Host, string Digest);
