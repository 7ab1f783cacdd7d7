using System.Text.Json.Serialization;

namespace Slipway.Registry.GarbageCollection;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CollectionReport))]
sealed partial class CollectionJson : JsonSerializerContext;
