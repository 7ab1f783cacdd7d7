using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Slipway.Model;

namespace Slipway.Releases.Storing;

/// <summary>JSON of what only Releases stores or hashes; the model's own records use <see cref="ModelJson"/>.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(Dictionary<string, int>))]
[JsonSerializable(typeof(Dictionary<string, string>))]
[JsonSerializable(typeof(List<string>))]
[JsonSerializable(typeof(Reconciling.WorkloadIdentity))]
[JsonSerializable(typeof(Canary.TrafficSample))]
[JsonSerializable(typeof(Experiments.Tally))]
sealed partial class ReleasesJson : JsonSerializerContext
{
    public static string Write<T>(T value, JsonTypeInfo<T> type) => JsonSerializer.Serialize(value, type);

    public static T Read<T>(string text, JsonTypeInfo<T> type) =>
        JsonSerializer.Deserialize(text, type) ?? throw new InvalidDataException($"The database holds null where a {typeof(T).Name} is expected.");
}
