using System.Text.Json.Serialization;
using Slipway.Gateway.Health;
using Slipway.Model;

namespace Slipway.Gateway.Control;

/// <summary>Body of a refusal: 409 carries the version that is served by, 400 every reason.</summary>
sealed record ControlRefusal(string Message, long? Version = null, IReadOnlyList<Diagnostic>? Diagnostics = null);

/// <summary>Body of PUT /table's 200 and of /healthz.</summary>
sealed record ControlState(long Version);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(ControlRefusal))]
[JsonSerializable(typeof(ControlState))]
[JsonSerializable(typeof(Remembered))]
sealed partial class ControlJson : JsonSerializerContext;
