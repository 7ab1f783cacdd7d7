using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Registry.Layouts;

/// <summary>index.json of a layout (OCI Image Specification 1.1, image-layout.md).</summary>
sealed record LayoutIndex
{
    public int SchemaVersion { get; init; } = 2;

    public string? MediaType { get; init; } = Registry.Manifests.ManifestDocument.OciIndex;

    public IReadOnlyList<LayoutEntry>? Manifests { get; init; }
}

sealed record LayoutEntry
{
    public string? MediaType { get; init; }

    public required Digest Digest { get; init; }

    public required long Size { get; init; }

    public JsonElement? Platform { get; init; }

    public string? ArtifactType { get; init; }

    public IReadOnlyDictionary<string, string>? Annotations { get; init; }
}

/// <summary>oci-layout.</summary>
sealed record LayoutMark([property: JsonPropertyName("imageLayoutVersion")] string ImageLayoutVersion);

/// <summary>An entry of manifest.json, as docker save writes it and docker load reads it.</summary>
sealed record DockerEntry
{
    [JsonPropertyName("Config")]
    public string? Config { get; init; }

    [JsonPropertyName("RepoTags")]
    public IReadOnlyList<string>? RepoTags { get; init; }

    [JsonPropertyName("Layers")]
    public IReadOnlyList<string>? Layers { get; init; }
}

/// <summary>What is read of an image's configuration (OCI Image Specification 1.1, config.md).</summary>
sealed record ImageConfig
{
    public string? Architecture { get; init; }

    public string? Os { get; init; }

    public RootFileSystem? Rootfs { get; init; }
}

sealed record RootFileSystem
{
    [JsonPropertyName("diff_ids")]
    public IReadOnlyList<string>? DiffIds { get; init; }
}

/// <summary>A manifest that is made for an image of a docker archive, which has none.</summary>
sealed record MadeManifest(int SchemaVersion, string MediaType, MadeDescriptor Config, IReadOnlyList<MadeDescriptor> Layers);

sealed record MadeDescriptor(string MediaType, Digest Digest, long Size);

[JsonSerializable(typeof(LayoutIndex))]
[JsonSerializable(typeof(LayoutMark))]
[JsonSerializable(typeof(IReadOnlyList<DockerEntry>))]
[JsonSerializable(typeof(ImageConfig))]
[JsonSerializable(typeof(MadeManifest))]
sealed partial class LayoutJson : JsonSerializerContext
{
    public static LayoutJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        MaxDepth = 32,
    });
}
