using Slipway.Registry.Manifests;

namespace Slipway.Registry.Scanning;

/// <summary>
/// Which manifests have something to scan: images, by the media types of config and layers. Signatures and attestations look like images by their manifest
/// and sometimes by their config (cosign, BuildKit), but have no layer that is a file system.
/// </summary>
static class Scannable
{
    /// <summary>Of manifests that a scanner may say it consumes; indexes are scanned image by image.</summary>
    public static readonly string[] ManifestTypes = [ManifestDocument.OciImage, ManifestDocument.DockerImage];

    public static readonly string[] ConfigTypes = ["application/vnd.oci.image.config.v1+json", "application/vnd.docker.container.image.v1+json"];

    static readonly string[] LayerTypes = ["application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs."];

    public static bool IsIndex(string mediaType) => mediaType is ManifestDocument.OciIndex or ManifestDocument.DockerList;

    /// <summary>Null where it can be scanned, else why not.</summary>
    public static string? WhyNot(string mediaType, byte[] content)
    {
        if (!ManifestTypes.Contains(mediaType)) return $"it is of type {mediaType}";
        string? type = mediaType;
        if (ManifestDocument.Read(content, ref type, out var document) is not null) return "its manifest can't be read";
        if (document.Config?.MediaType is not { } config || !ConfigTypes.Contains(config)) return $"its config is of type {document.Config?.MediaType ?? "(none)"}";
        if (document.ArtifactType is { Length: > 0 } artifact && artifact != config) return $"it is an artifact of type {artifact}";
        return document.Layers?.Any(layer => LayerTypes.Any(known => layer.MediaType?.StartsWith(known, StringComparison.Ordinal) is true)) is true ? null : "it has no layer with files";
    }
}
