using System.Text.Json.Serialization;

namespace Slipway.Engines.Docker;

/// <summary>JSON of the Engine API: its names are those of the records' properties; what is null is left out, so that the engine's default holds.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProgressMessage))]
[JsonSerializable(typeof(ImageInspection))]
[JsonSerializable(typeof(RegistryAuth))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
sealed partial class DockerJson : JsonSerializerContext;
