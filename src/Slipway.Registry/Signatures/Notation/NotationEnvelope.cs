using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Registry.Signatures.Notation;

/// <summary>What a Notary Project envelope says, whichever its encoding (specs/signature-specification.md).</summary>
sealed record NotationEnvelope
{
    public const string SchemeHeader = "io.cncf.notary.signingScheme";
    public const string TimeHeader = "io.cncf.notary.signingTime";
    public const string ExpiryHeader = "io.cncf.notary.expiry";

    public const int MaxChain = 10;

    /// <summary>As JWS calls it: PS256, ES256 ...</summary>
    public required string Algorithm { get; init; }

    public required string? ContentType { get; init; }

    public required string? Scheme { get; init; }

    public required DateTimeOffset? SigningTime { get; init; }

    public required DateTimeOffset? Expiry { get; init; }

    /// <summary>Headers that must be understood.</summary>
    public required IReadOnlyList<string> Critical { get; init; }

    public required IReadOnlyList<X509Certificate2> Chain { get; init; }

    public required byte[] Payload { get; init; }

    public required byte[] Signed { get; init; }

    public required byte[] Signature { get; init; }

    /// <exception cref="RejectedSignatureException">There is none, or one is no certificate.</exception>
    public static IReadOnlyList<X509Certificate2> ReadChain(IReadOnlyList<byte[]> certificates)
    {
        if (certificates.Count is 0 or > MaxChain) throw new RejectedSignatureException($"it has {certificates.Count} certificates: expected 1 to {MaxChain}");
        try
        {
            return [.. certificates.Select(certificate => X509CertificateLoader.LoadCertificate(certificate))];
        }
        catch (CryptographicException)
        {
            throw new RejectedSignatureException("one of its certificates can't be read");
        }
    }
}
