using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Registry.Scanning.Adapters;

// Of goharbor/pluggable-scanner-spec, api/spec/scanner-adapter-openapi-v1.2.yaml (schemas of the same names), what is read or written here.

sealed record AdapterScanner
{
    public string? Name { get; init; }

    public string? Vendor { get; init; }

    public string? Version { get; init; }
}

sealed record AdapterMetadata
{
    public AdapterScanner? Scanner { get; init; }

    public IReadOnlyList<AdapterCapability?>? Capabilities { get; init; }

    public JsonElement? Properties { get; init; }
}

sealed record AdapterCapability
{
    /// <summary>As of 1.2: "vulnerability", "sbom". Before that there was only the first, and no such field.</summary>
    public string? Type { get; init; }

    public IReadOnlyList<string>? ConsumesMimeTypes { get; init; }

    public IReadOnlyList<string>? ProducesMimeTypes { get; init; }
}

sealed record AdapterScanRequest(AdapterRegistry Registry, AdapterArtifact Artifact)
{
    public IReadOnlyList<AdapterEnabled>? EnabledCapabilities { get; init; }
}

sealed record AdapterRegistry(string Url, string? Authorization);

sealed record AdapterArtifact
{
    public string? Repository { get; init; }

    public string? Digest { get; init; }

    public string? Tag { get; init; }

    public string? MimeType { get; init; }
}

sealed record AdapterEnabled(string Type, IReadOnlyList<string> ProducesMimeTypes);

sealed record AdapterScanResponse
{
    public string? Id { get; init; }
}

sealed record AdapterReport
{
    public string? GeneratedAt { get; init; }

    public AdapterArtifact? Artifact { get; init; }

    public AdapterScanner? Scanner { get; init; }

    public IReadOnlyList<AdapterVulnerability?>? Vulnerabilities { get; init; }
}

sealed record AdapterVulnerability
{
    public string? Id { get; init; }

    public string? Package { get; init; }

    public string? Version { get; init; }

    public string? FixVersion { get; init; }

    public string? Severity { get; init; }

    public string? Description { get; init; }

    public IReadOnlyList<string?>? Links { get; init; }

    public AdapterScore? PreferredCvss { get; init; }
}

sealed record AdapterScore
{
    [JsonPropertyName("score_v3")]
    public double? ScoreV3 { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, MaxDepth = 32)]
[JsonSerializable(typeof(AdapterMetadata))]
[JsonSerializable(typeof(AdapterScanRequest))]
[JsonSerializable(typeof(AdapterScanResponse))]
[JsonSerializable(typeof(AdapterReport))]
sealed partial class AdapterJson : JsonSerializerContext;
