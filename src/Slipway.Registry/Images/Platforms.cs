using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Registry.Images;

/// <summary>The platforms of an index's entries (OCI Image Specification 1.1, image-index.md).</summary>
static class Platforms
{
    public static string Text(string? os, string? architecture, string? variant) => variant is { Length: > 0 } ? $"{os}/{architecture}/{variant}" : $"{os}/{architecture}";

    /// <summary>The entries of an index; BuildKit's attestations (platform unknown/unknown) have a null platform.</summary>
    public static IReadOnlyList<IndexEntry> Of(ReadOnlySpan<byte> index)
    {
        var document = JsonSerializer.Deserialize(index, PlatformJson.Default.IndexDocument);
        return [.. (document?.Manifests ?? []).Select(entry => new IndexEntry(
            entry.Platform is { Os: { Length: > 0 } os, Architecture: { Length: > 0 } architecture } && (os, architecture) != ("unknown", "unknown")
                ? Text(os, architecture, entry.Platform.Variant) : null,
            entry.Digest, entry.MediaType))];
    }

    /// <summary>The entry that is meant: the one asked for (a variant may be left out), else linux/amd64, else the first image.</summary>
    public static IndexEntry? Choose(IReadOnlyList<IndexEntry> entries, string? platform) => platform is null
        ? entries.FirstOrDefault(entry => entry.Platform == "linux/amd64") ?? entries.FirstOrDefault(entry => entry.Platform is not null)
        : entries.FirstOrDefault(entry => entry.Platform == platform) ?? entries.FirstOrDefault(entry => entry.Platform?.StartsWith(platform + "/", StringComparison.Ordinal) is true);
}

sealed record IndexEntry(string? Platform, Digest Digest, string? MediaType);

sealed record IndexDocument
{
    public IReadOnlyList<IndexEntryDocument>? Manifests { get; init; }
}

sealed record IndexEntryDocument
{
    public required Digest Digest { get; init; }

    public string? MediaType { get; init; }

    public PlatformDocument? Platform { get; init; }
}

sealed record PlatformDocument
{
    public string? Os { get; init; }

    public string? Architecture { get; init; }

    public string? Variant { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, PropertyNameCaseInsensitive = true, MaxDepth = 64)]
[JsonSerializable(typeof(IndexDocument))]
sealed partial class PlatformJson : JsonSerializerContext;
