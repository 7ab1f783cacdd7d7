using System.Text.Json.Serialization;

namespace Slipway.Registry.Rules.Retention;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RetentionPolicy))]
[JsonSerializable(typeof(RetentionReport))]
sealed partial class RetentionJson : JsonSerializerContext;
