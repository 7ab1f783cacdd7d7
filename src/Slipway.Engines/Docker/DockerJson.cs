using System.Text.Json.Serialization;

namespace Slipway.Engines.Docker;

/// <summary>JSON of the Engine API: its names are those of the records' properties; what is null is left out, so that the engine's default holds.</summary>
[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ProgressMessage))]
[JsonSerializable(typeof(ImageInspection))]
[JsonSerializable(typeof(RegistryAuth))]
[JsonSerializable(typeof(IReadOnlyDictionary<string, string>))]
[JsonSerializable(typeof(IReadOnlyList<string>))]
[JsonSerializable(typeof(ContainerCreation))]
[JsonSerializable(typeof(ContainerCreated))]
[JsonSerializable(typeof(ContainerInspection))]
[JsonSerializable(typeof(IReadOnlyList<ContainerListed>))]
[JsonSerializable(typeof(NetworkCreation))]
[JsonSerializable(typeof(NetworkCreated))]
[JsonSerializable(typeof(IReadOnlyList<NetworkListed>))]
[JsonSerializable(typeof(NetworkConnection))]
[JsonSerializable(typeof(NetworkDisconnection))]
[JsonSerializable(typeof(VolumeCreation))]
[JsonSerializable(typeof(VolumeList))]
[JsonSerializable(typeof(VolumeListed))]
[JsonSerializable(typeof(VersionAnswer))]
[JsonSerializable(typeof(InfoAnswer))]
[JsonSerializable(typeof(EventMessage))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
sealed partial class DockerJson : JsonSerializerContext;
