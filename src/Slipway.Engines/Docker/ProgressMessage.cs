using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Engines.Docker;

/// <summary>One line of what the engine tells of a pull, push, import or build (Docker's jsonmessage).</summary>
sealed record ProgressMessage
{
    [JsonPropertyName("id")]
    public string? Id { get; init; }

    [JsonPropertyName("status")]
    public string? Status { get; init; }

    [JsonPropertyName("stream")]
    public string? Stream { get; init; }

    [JsonPropertyName("error")]
    public string? Error { get; init; }

    [JsonPropertyName("errorDetail")]
    public ProgressError? ErrorDetail { get; init; }

    /// <summary>Its shape depends on <see cref="Id"/>: base64 text, {"ID":...} or {"Tag":...,"Digest":...}.</summary>
    [JsonPropertyName("aux")]
    public JsonElement Aux { get; init; }

    [JsonIgnore]
    public string? Failure => ErrorDetail?.Message is { Length: > 0 } detail ? detail : Error is { Length: > 0 } text ? text : null;

    public string? AuxText(string property) =>
        Aux.ValueKind == JsonValueKind.Object && Aux.TryGetProperty(property, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}

sealed record ProgressError
{
    [JsonPropertyName("message")]
    public string? Message { get; init; }
}
