using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Model;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Images;

/// <summary>Reads the configs of images from the store. What a digest names never changes, so platforms are remembered. Thread-safe.</summary>
sealed class ConfigReader(SmallBlobs blobs)
{
    /// <summary>A larger config is no config; those of images have some kilobytes.</summary>
    const int MaxBytes = 4 << 20;

    const int MaxRemembered = 20_000;

    readonly ConcurrentDictionary<Digest, string?> _platforms = new();

    /// <summary>Null where it is not here, or is no image's config.</summary>
    public async Task<ImageConfig?> Read(RepositoryName repository, Digest digest, CancellationToken cancel)
    {
        var content = await blobs.Read(repository, digest, MaxBytes, cancel);
        return content is null ? null : Parse(content);
    }

    /// <summary>linux/amd64, or null where the blob is no image's config.</summary>
    public async Task<string?> Platform(RepositoryName repository, Digest digest, CancellationToken cancel)
    {
        if (_platforms.TryGetValue(digest, out var known)) return known;
        var config = await Read(repository, digest, cancel);
        if (_platforms.Count >= MaxRemembered) _platforms.Clear();
        return _platforms[digest] = config is { Os.Length: > 0, Architecture.Length: > 0 } ? Platforms.Text(config.Os, config.Architecture, config.Variant) : null;
    }

    internal static ImageConfig? Parse(ReadOnlySpan<byte> content)
    {
        try
        {
            if (JsonSerializer.Deserialize(content, ConfigJson.Default.ConfigDocument) is not { } document) return null;
            return new ImageConfig
            {
                Os = document.Os,
                Architecture = document.Architecture,
                Variant = document.Variant,
                Created = document.Created,
                Author = document.Author,
                User = document.Config?.User,
                WorkingDir = document.Config?.WorkingDir,
                Entrypoint = document.Config?.Entrypoint,
                Command = document.Config?.Cmd,
                Environment = document.Config?.Env,
                Ports = document.Config?.ExposedPorts is { } ports ? [.. ports.Keys.Order(StringComparer.Ordinal)] : null,
                Volumes = document.Config?.Volumes is { } volumes ? [.. volumes.Keys.Order(StringComparer.Ordinal)] : null,
                Labels = document.Config?.Labels,
                StopSignal = document.Config?.StopSignal,
                History = document.History is { } history ? [.. history.Select(step => new HistoryEntry(step.Created, step.CreatedBy, step.Comment, step.EmptyLayer))] : null,
            };
        }
        catch (JsonException)
        {
            // Of an artifact: its config may be anything.
            return null;
        }
    }
}

sealed record ConfigDocument
{
    public string? Os { get; init; }

    public string? Architecture { get; init; }

    public string? Variant { get; init; }

    public string? Created { get; init; }

    public string? Author { get; init; }

    public ContainerConfigDocument? Config { get; init; }

    public IReadOnlyList<HistoryDocument>? History { get; init; }
}

// These keys are in upper camel case, for they come from Docker.
sealed record ContainerConfigDocument
{
    [JsonPropertyName("User")]
    public string? User { get; init; }

    [JsonPropertyName("WorkingDir")]
    public string? WorkingDir { get; init; }

    [JsonPropertyName("Entrypoint")]
    public IReadOnlyList<string>? Entrypoint { get; init; }

    [JsonPropertyName("Cmd")]
    public IReadOnlyList<string>? Cmd { get; init; }

    [JsonPropertyName("Env")]
    public IReadOnlyList<string>? Env { get; init; }

    [JsonPropertyName("ExposedPorts")]
    public IReadOnlyDictionary<string, JsonElement>? ExposedPorts { get; init; }

    [JsonPropertyName("Volumes")]
    public IReadOnlyDictionary<string, JsonElement>? Volumes { get; init; }

    [JsonPropertyName("Labels")]
    public IReadOnlyDictionary<string, string>? Labels { get; init; }

    [JsonPropertyName("StopSignal")]
    public string? StopSignal { get; init; }
}

sealed record HistoryDocument
{
    public string? Created { get; init; }

    [JsonPropertyName("created_by")]
    public string? CreatedBy { get; init; }

    public string? Comment { get; init; }

    [JsonPropertyName("empty_layer")]
    public bool EmptyLayer { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, MaxDepth = 32)]
[JsonSerializable(typeof(ConfigDocument))]
sealed partial class ConfigJson : JsonSerializerContext;
