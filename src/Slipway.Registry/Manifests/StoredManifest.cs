using Slipway.Model;

namespace Slipway.Registry.Manifests;

/// <summary>A manifest as it is served. Immutable: the content is shared by every request and by the cache.</summary>
sealed record StoredManifest(Digest Digest, string MediaType, byte[] Content)
{
    /// <summary>The digest in quotes: strong, because the same digest is the same bytes (RFC 9110, section 8.8.3).</summary>
    public string ETag { get; } = $"\"{Digest.Value}\"";
}
