using System.Globalization;
using System.Text;
using System.Text.Json;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Registry.Signatures.Cosign;

/// <summary>
/// cosign's newer format: a Sigstore bundle with a DSSE envelope, in it an in-toto statement whose predicate says that it is a signature. Verified with given
/// keys; what it brings of transparency logs is not needed for that and not looked at.
/// </summary>
static class BundleVerifier
{
    const string StatementType = "application/vnd.in-toto+json";

    static readonly string[] Statements = ["https://in-toto.io/Statement/v1", "https://in-toto.io/Statement/v0.1"];

    /// <returns>Null where it is no signature but an attestation of something else (an SBOM, a scan, where it was built).</returns>
    public static FoundSignature? Verify(FoundSignature found, ReadOnlySpan<byte> content, TrustSet trust)
    {
        var bundle = Read(content, SignatureJson.Default.BundleDocument, "it is no Sigstore bundle");
        if (bundle.MediaType != SignatureTypes.Bundle)
            throw new RejectedSignatureException($"its media type is '{CosignVerifier.Shown(bundle.MediaType)}', not {SignatureTypes.Bundle}");
        if (bundle.DsseEnvelope is not { } envelope) throw new RejectedSignatureException("it has no DSSE envelope");
        if (envelope.PayloadType != StatementType)
            throw new RejectedSignatureException($"it signs a '{CosignVerifier.Shown(envelope.PayloadType)}', not a statement ({StatementType})");
        if (envelope.Signatures is not [{ } only])
            throw new RejectedSignatureException($"its envelope has {envelope.Signatures?.Count ?? 0} signatures, not one");
        var payload = Base64Text.Decode(envelope.Payload, "payload");
        var signature = Base64Text.Decode(only.Sig, "signature");
        var statement = Read(payload, SignatureJson.Default.StatementDocument, "its payload is no statement");
        if (!Statements.Contains(statement.Type)) throw new RejectedSignatureException($"its statement is of type '{CosignVerifier.Shown(statement.Type)}'");
        if (statement.PredicateType != SignatureTypes.SignPredicate) return null;
        if (!(statement.Subject ?? []).Any(subject => subject?.Digest?.GetValueOrDefault(found.Signed.Algorithm) == found.Signed.Hex))
            throw new RejectedSignatureException("it signs another image");

        var signed = PreAuthentication(envelope.PayloadType, payload);
        foreach (var (name, key) in trust.Keys)
            if (key.Verify(signed, signature)) return found with { State = SignatureState.Trusted, Signer = name, Reason = null };
        return found with
        {
            State = SignatureState.NotTrusted,
            Reason = bundle.VerificationMaterial is { Certificate: not null } or { X509CertificateChain: not null }
                ? "it is keyless (by a short-lived certificate): only given keys are verified here"
                : "no trusted key has made it: it is by another one, or was altered",
        };
    }

    /// <summary>What is signed (DSSE 1.0, protocol.md, "PAE").</summary>
    static byte[] PreAuthentication(string type, byte[] payload) =>
        [.. Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {Encoding.UTF8.GetByteCount(type)} {type} {payload.Length} ")), .. payload];

    static T Read<T>(ReadOnlySpan<byte> content, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, string otherwise)
    {
        try
        {
            return JsonSerializer.Deserialize(content, type) ?? throw new RejectedSignatureException(otherwise);
        }
        catch (JsonException)
        {
            throw new RejectedSignatureException(otherwise);
        }
    }
}
