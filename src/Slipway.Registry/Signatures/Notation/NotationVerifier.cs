using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text.Json;
using Slipway.Registry.Manifests;
using Slipway.Registry.Signatures.Keys;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Registry.Signatures.Notation;

/// <summary>
/// A signature of the Notary Project, verified as at its level 'strict' (specs/trust-store-trust-policy.md, "Signature Verification"), but that revocation is
/// not asked for: that would need a network, and registries stand in closed ones.
/// </summary>
static class NotationVerifier
{
    const string PayloadType = "application/vnd.cncf.notary.payload.v1+json";
    const string Scheme = "notary.x509";

    /// <exception cref="RejectedSignatureException">It does not hold.</exception>
    public static FoundSignature Verify(FoundSignature found, NotationEnvelope envelope, StoredManifest image, TrustSet trust, DateTimeOffset now)
    {
        try
        {
            return Judge(found, envelope, image, trust, now);
        }
        catch (Exception malformed) when (malformed is CryptographicException or AsnContentException or InvalidOperationException or NotSupportedException or ArgumentException)
        {
            // Certificates are read piece by piece, and each piece may be broken, or there twice.
            throw new RejectedSignatureException("one of its certificates is malformed");
        }
    }

    static FoundSignature Judge(FoundSignature found, NotationEnvelope envelope, StoredManifest image, TrustSet trust, DateTimeOffset now)
    {
        var leaf = envelope.Chain[0];
        found = found with { Subject = CertificateChain.Name(leaf), SignedAt = envelope.SigningTime, Expires = envelope.Expiry };
        CheckHeaders(envelope);
        CheckIntegrity(envelope);
        CheckPayload(envelope.Payload, image);
        var signedAt = envelope.SigningTime!.Value;
        CertificateChain.Check(envelope.Chain, [(signedAt, "it signed"), (now, "now")]);
        if (signedAt > now.AddMinutes(5))
            throw new RejectedSignatureException($"it says that it was signed in the future, at {signedAt.UtcDateTime:yyyy-MM-dd HH:mm}");
        if (envelope.Expiry is { } expiry && now >= expiry) throw new RejectedSignatureException($"it expired at {expiry.UtcDateTime:yyyy-MM-dd HH:mm}");

        // The very certificate must be in the chain, wherever it stands (as in notation's trust stores).
        var roots = trust.Roots.Where(root => envelope.Chain.Any(certificate => certificate.RawDataMemory.Span.SequenceEqual(root.Certificate.RawDataMemory.Span))).ToList();
        if (roots.FirstOrDefault(root => root.Subject?.Matches(leaf) != false) is { } trusted) return found with { State = SignatureState.Trusted, Signer = trusted.Name, Reason = null };
        return found with
        {
            State = SignatureState.NotTrusted,
            Reason = roots.Count == 0 ? $"its root '{CertificateChain.Name(envelope.Chain[^1])}' is not trusted here" : $"'{CertificateChain.Name(leaf)}' is not the subject that is trusted of '{roots[0].Name}'",
        };
    }

    static void CheckHeaders(NotationEnvelope envelope)
    {
        if (envelope.ContentType != PayloadType)
            throw new RejectedSignatureException($"its content type is '{Cosign.CosignVerifier.Shown(envelope.ContentType)}', not {PayloadType}");
        if (envelope.Scheme != Scheme)
            throw new RejectedSignatureException($"its signing scheme is '{Cosign.CosignVerifier.Shown(envelope.Scheme)}': only {Scheme} is verified here");
        if (!envelope.Critical.Contains(NotationEnvelope.SchemeHeader))
            throw new RejectedSignatureException($"its 'crit' does not name {NotationEnvelope.SchemeHeader}");
        if (envelope.Expiry is not null && !envelope.Critical.Contains(NotationEnvelope.ExpiryHeader))
            throw new RejectedSignatureException($"its 'crit' does not name {NotationEnvelope.ExpiryHeader}");
        if (envelope.Critical.FirstOrDefault(name => name is not (NotationEnvelope.SchemeHeader or NotationEnvelope.ExpiryHeader)) is { } unknown)
            throw new RejectedSignatureException($"it has a critical header that is not understood here: '{Cosign.CosignVerifier.Shown(unknown)}'");
        if (envelope.SigningTime is null) throw new RejectedSignatureException($"it has no {NotationEnvelope.TimeHeader}");
    }

    static void CheckIntegrity(NotationEnvelope envelope)
    {
        if (VerificationKey.Read(envelope.Chain[0].PublicKey.ExportSubjectPublicKeyInfo(), out var key) is { } wrong)
            throw new RejectedSignatureException($"the key of '{CertificateChain.Name(envelope.Chain[0])}' can't be used: {wrong}");
        // The key alone says which algorithm it is ("Algorithm Selection"): an envelope can't choose a weaker one.
        var expected = (key!.IsRsa, key.Size) switch
        {
            (true, 2048) => "PS256",
            (true, 3072) => "PS384",
            (true, 4096) => "PS512",
            (false, 256) => "ES256",
            (false, 384) => "ES384",
            (false, 521) => "ES512",
            _ => throw new RejectedSignatureException($"its key is {key.Algorithm}: expected RSA of 2048, 3072 or 4096 bits, or ECDSA"),
        };
        if (envelope.Algorithm != expected)
            throw new RejectedSignatureException($"its algorithm is '{Cosign.CosignVerifier.Shown(envelope.Algorithm)}', and its key ({key.Algorithm}) asks for {expected}");
        var holds = key.IsRsa ? key.VerifyRsa(envelope.Signed, envelope.Signature, key.NaturalHash, RSASignaturePadding.Pss)
            : key.VerifyCurve(envelope.Signed, envelope.Signature, key.NaturalHash, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
        if (!holds) throw new RejectedSignatureException("it was altered: the signature does not fit what is signed");
    }

    static void CheckPayload(byte[] payload, StoredManifest image)
    {
        NotaryPayload.ArtifactPart target;
        try
        {
            target = JsonSerializer.Deserialize(payload, SignatureJson.Default.NotaryPayload)?.TargetArtifact ?? throw new RejectedSignatureException("its payload has no targetArtifact");
        }
        catch (JsonException)
        {
            throw new RejectedSignatureException("its payload is no JSON document of the Notary Project");
        }
        if (target.Digest != image.Digest.Value) throw new RejectedSignatureException($"it signs another image: {Cosign.CosignVerifier.Shown(target.Digest)}");
        if (target.MediaType != image.MediaType || target.Size != image.Content.Length)
            throw new RejectedSignatureException($"it signs an image of {target.Size} bytes and type '{Cosign.CosignVerifier.Shown(target.MediaType)}', and this one has {image.Content.Length} and '{image.MediaType}'");
    }
}
