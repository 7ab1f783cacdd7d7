using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Unicode;
using Slipway.Model;

namespace Slipway.Registry.Manifests;

/// <summary>
/// What the registry reads in a manifest (OCI Image Specification 1.1, manifest.md and image-index.md; Docker's image manifest and list, version 2,
/// schema 2, have the same shape). All else in it is the clients' and is kept byte for byte.
/// </summary>
sealed record ManifestDocument
{
    public const string OciImage = "application/vnd.oci.image.manifest.v1+json";
    public const string OciIndex = "application/vnd.oci.image.index.v1+json";
    public const string DockerImage = "application/vnd.docker.distribution.manifest.v2+json";
    public const string DockerList = "application/vnd.docker.distribution.manifest.list.v2+json";

    /// <summary>Far more than any image has; a bound on what one push asks of the database.</summary>
    const int MaxReferences = 10_000;

    public int? SchemaVersion { get; init; }

    public string? MediaType { get; init; }

    public string? ArtifactType { get; init; }

    public Descriptor? Config { get; init; }

    public IReadOnlyList<Descriptor>? Layers { get; init; }

    public IReadOnlyList<Descriptor>? Manifests { get; init; }

    public Descriptor? Subject { get; init; }

    public JsonElement? Annotations { get; init; }

    /// <summary>The blobs without which it can't be pulled: config and layers, but not layers that are to be had elsewhere (<c>urls</c>).</summary>
    [JsonIgnore]
    public IEnumerable<Digest> Blobs =>
        (Config is null ? [] : new[] { Config.Digest }).Concat((Layers ?? []).Where(layer => layer.Urls is not { Count: > 0 }).Select(layer => layer.Digest)).Distinct();

    /// <summary>All but the subject.</summary>
    [JsonIgnore]
    public IEnumerable<Descriptor> Descriptors => [.. Config is null ? Array.Empty<Descriptor>() : [Config], .. Layers ?? [], .. Manifests ?? []];

    [JsonIgnore]
    public IEnumerable<Digest> Children => (Manifests ?? []).Select(manifest => manifest.Digest).Distinct();

    /// <summary>As a referrers list shows it: "Listing Referrers" falls back to the config's media type for images, to nothing for indexes.</summary>
    [JsonIgnore]
    public string? EffectiveArtifactType => string.IsNullOrEmpty(ArtifactType) ? Config?.MediaType : ArtifactType;

    /// <summary>Reads a manifest and says what is wrong with it, or null.</summary>
    /// <param name="mediaType">The Content-Type of the request without its parameters, or null; then the document's own.</param>
    public static string? Read(ReadOnlySpan<byte> content, ref string? mediaType, out ManifestDocument document)
    {
        document = new ManifestDocument();
        if (!Utf8.IsValid(content)) return "the manifest is not UTF-8";
        try
        {
            document = JsonSerializer.Deserialize(content, ManifestJson.Default.ManifestDocument) ?? document;
        }
        catch (JsonException error)
        {
            return $"the manifest is no JSON document of the expected shape: {error.Message}";
        }
        if (FoldedNames.Find(content) is { } folded)
            return $"the manifest has a member '{folded}', which some readers would take for one of a manifest's own: write that, or choose another name";
        if (document.Layers?.Contains(null!) is true || document.Manifests?.Contains(null!) is true)
            return "the manifest has a null where a descriptor should stand";
        if (document.Annotations is { } annotations && !AreTexts(annotations))
            return "the annotations are no object whose values are all texts";
        if (document.Descriptors.FirstOrDefault(descriptor => descriptor.Size < 0) is { } negative)
            return $"the size of {negative.Digest} is {negative.Size}: expected 0 or more bytes";
        if (document.MediaType is { } own && mediaType is not null && !own.Equals(mediaType, StringComparison.OrdinalIgnoreCase))
            return $"the manifest's mediaType is '{own}', the request's Content-Type '{mediaType}'; they must be the same";
        mediaType ??= document.MediaType;
        if (document.SchemaVersion is not 2)
            return $"schemaVersion is {document.SchemaVersion?.ToString() ?? "missing"}, expected 2";
        if (document.Manifests is not null && (document.Layers is not null || document.Config is not null))
            return "the manifest has both 'manifests' (an index) and 'config' or 'layers' (an image): which it is would depend on the reader";
        if ((document.Layers?.Count ?? 0) + (document.Manifests?.Count ?? 0) > MaxReferences)
            return $"the manifest refers to more than {MaxReferences} others";
        return mediaType switch
        {
            OciImage or DockerImage => document.Config is null ? "an image manifest needs a 'config'"
                : document.Layers is null ? "an image manifest needs 'layers', which may be empty" : null,
            OciIndex or DockerList => document.Manifests is null ? "an index needs 'manifests', which may be empty" : null,
            null => $"the media type is missing: expected as Content-Type {OciImage}, {OciIndex}, {DockerImage} or {DockerList}",
            _ => $"media type '{mediaType}' is not supported: expected {OciImage}, {OciIndex}, {DockerImage} or {DockerList}",
        };
    }

    // They are repeated in the list of referrers: one that a client can't read would hide all the others of its subject from it.
    static bool AreTexts(JsonElement annotations)
    {
        if (annotations.ValueKind == JsonValueKind.Null) return true;
        if (annotations.ValueKind != JsonValueKind.Object) return false;
        try
        {
            foreach (var annotation in annotations.EnumerateObject())
                if (annotation.Value.ValueKind != JsonValueKind.String || annotation.Name is null || annotation.Value.GetString() is null) return false;
            return true;
        }
        catch (InvalidOperationException)
        {
            // Half of a surrogate pair: an escape that stands for no character.
            return false;
        }
    }
}

/// <summary>OCI Image Specification 1.1, descriptor.md.</summary>
sealed record Descriptor
{
    public string? MediaType { get; init; }

    public required Digest Digest { get; init; }

    /// <summary>Bytes.</summary>
    public required long Size { get; init; }

    public IReadOnlyList<string>? Urls { get; init; }
}

// A document with one key twice would be read differently by different clients; and those written in Go take "Layers" for "layers", so that is one key, too.
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true, AllowDuplicateProperties = false, MaxDepth = 64)]
[JsonSerializable(typeof(ManifestDocument))]
sealed partial class ManifestJson : JsonSerializerContext;
