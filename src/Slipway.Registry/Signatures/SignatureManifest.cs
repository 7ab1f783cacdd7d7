using System.Text.Json;
using System.Text.Json.Serialization;
using Slipway.Model;

namespace Slipway.Registry.Signatures;

/// <summary>A manifest that carries signatures: what is read of it.</summary>
sealed record SignatureManifest
{
    public IReadOnlyList<SignatureLayer>? Layers { get; init; }

    public JsonElement? Annotations { get; init; }

    /// <summary>Null where it is no manifest that could carry any.</summary>
    public static SignatureManifest? Read(ReadOnlySpan<byte> content)
    {
        try
        {
            return JsonSerializer.Deserialize(content, SignatureJson.Default.SignatureManifest);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public static string? Annotation(JsonElement? annotations, string name) =>
        annotations is { ValueKind: JsonValueKind.Object } all && all.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

sealed record SignatureLayer
{
    public string? MediaType { get; init; }

    public required Digest Digest { get; init; }

    public required long Size { get; init; }

    public JsonElement? Annotations { get; init; }
}

// With one key twice a document would be one thing for who signed it and another for who verifies it.
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, AllowDuplicateProperties = false, MaxDepth = 32)]
[JsonSerializable(typeof(SignatureManifest))]
[JsonSerializable(typeof(Cosign.SimpleSigning))]
[JsonSerializable(typeof(Cosign.BundleDocument))]
[JsonSerializable(typeof(Cosign.StatementDocument))]
[JsonSerializable(typeof(Notation.JwsDocument))]
[JsonSerializable(typeof(Notation.NotaryPayload))]
sealed partial class SignatureJson : JsonSerializerContext;
