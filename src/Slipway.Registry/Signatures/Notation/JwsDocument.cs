using System.Text.Json.Serialization;

namespace Slipway.Registry.Signatures.Notation;

/// <summary>JWS in flattened JSON serialization (RFC 7515, section 7.2.2).</summary>
sealed record JwsDocument
{
    public string? Payload { get; init; }

    public string? Protected { get; init; }

    public HeaderPart? Header { get; init; }

    public string? Signature { get; init; }

    internal sealed record HeaderPart
    {
        [JsonPropertyName("x5c")]
        public IReadOnlyList<string>? Certificates { get; init; }
    }
}

/// <summary>What the Notary Project signs (specs/signature-specification.md, "Payload").</summary>
sealed record NotaryPayload
{
    public ArtifactPart? TargetArtifact { get; init; }

    internal sealed record ArtifactPart
    {
        public string? MediaType { get; init; }

        public string? Digest { get; init; }

        public long? Size { get; init; }
    }
}
