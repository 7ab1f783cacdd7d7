using System.Text.Json.Serialization;

namespace Slipway.Registry.Signatures.Cosign;

/// <summary>What cosign signs (specs/SIGNATURE_SPEC.md, "Simple Signing").</summary>
sealed record SimpleSigning
{
    public const string CosignType = "cosign container image signature";

    public CriticalPart? Critical { get; init; }

    internal sealed record CriticalPart
    {
        public IdentityPart? Identity { get; init; }

        public ImagePart? Image { get; init; }

        public string? Type { get; init; }
    }

    internal sealed record IdentityPart
    {
        [JsonPropertyName("docker-reference")]
        public string? DockerReference { get; init; }
    }

    internal sealed record ImagePart
    {
        [JsonPropertyName("docker-manifest-digest")]
        public string? DockerManifestDigest { get; init; }
    }
}
