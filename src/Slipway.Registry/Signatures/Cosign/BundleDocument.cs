using System.Text.Json;

namespace Slipway.Registry.Signatures.Cosign;

/// <summary>A Sigstore bundle, as far as it is verified here (sigstore/protobuf-specs, sigstore_bundle.proto, in JSON).</summary>
sealed record BundleDocument
{
    public string? MediaType { get; init; }

    public MaterialPart? VerificationMaterial { get; init; }

    public EnvelopePart? DsseEnvelope { get; init; }

    internal sealed record MaterialPart
    {
        public JsonElement? PublicKey { get; init; }

        public JsonElement? Certificate { get; init; }

        public JsonElement? X509CertificateChain { get; init; }
    }

    /// <summary>DSSE 1.0, envelope.md.</summary>
    internal sealed record EnvelopePart
    {
        public string? Payload { get; init; }

        public string? PayloadType { get; init; }

        public IReadOnlyList<SignaturePart>? Signatures { get; init; }
    }

    internal sealed record SignaturePart
    {
        public string? Sig { get; init; }
    }
}

/// <summary>in-toto Statement v1.</summary>
sealed record StatementDocument
{
    [System.Text.Json.Serialization.JsonPropertyName("_type")]
    public string? Type { get; init; }

    public string? PredicateType { get; init; }

    public IReadOnlyList<SubjectPart>? Subject { get; init; }

    internal sealed record SubjectPart
    {
        public IReadOnlyDictionary<string, string>? Digest { get; init; }
    }
}
