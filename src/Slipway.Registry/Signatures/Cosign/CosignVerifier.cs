using System.Text.Json;
using Slipway.Model;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Registry.Signatures.Cosign;

/// <summary>
/// A cosign signature in its own layer: the payload is the blob, the signature its annotation (specs/SIGNATURE_SPEC.md). Verified with given keys alone, as
/// <c>cosign verify --key</c> does without a transparency log.
/// </summary>
static class CosignVerifier
{
    public static FoundSignature Verify(FoundSignature found, SignatureLayer layer, ReadOnlySpan<byte> payload, TrustSet trust)
    {
        var signature = Base64Text.Decode(SignatureManifest.Annotation(layer.Annotations, SignatureTypes.CosignSignature), "signature");
        var critical = Read(payload);
        found = found with { Identity = critical.Identity?.DockerReference };
        // What is said of another image holds for that one, whoever signed it.
        if (critical.Image?.DockerManifestDigest != found.Signed.Value)
            throw new RejectedSignatureException($"it signs another image: {Shown(critical.Image?.DockerManifestDigest)}");
        if (critical.Type != SimpleSigning.CosignType)
            throw new RejectedSignatureException($"its type is '{Shown(critical.Type)}', not '{SimpleSigning.CosignType}'");
        foreach (var (name, key) in trust.Keys)
            if (key.Verify(payload, signature)) return found with { State = SignatureState.Trusted, Signer = name, Reason = null };
        return found with
        {
            State = SignatureState.NotTrusted,
            Reason = SignatureManifest.Annotation(layer.Annotations, SignatureTypes.CosignCertificate) is not null
                ? "it is keyless (by a short-lived certificate): only given keys are verified here"
                : "no trusted key has made it: it is by another one, or was altered",
        };
    }

    static SimpleSigning.CriticalPart Read(ReadOnlySpan<byte> payload)
    {
        try
        {
            return JsonSerializer.Deserialize(payload, SignatureJson.Default.SimpleSigning)?.Critical ?? throw new RejectedSignatureException("its payload has no 'critical'");
        }
        catch (JsonException)
        {
            throw new RejectedSignatureException("its payload is no simple signing document");
        }
    }

    internal static string Shown(string? text) => text is null ? "none" : text.Length <= 100 ? text : text[..100] + "...";
}
