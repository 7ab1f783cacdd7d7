using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>JSON of the model's records: camelCase, nulls left out, enums as their words. Used for storage, the API and the gateway's socket.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(AppModel))]
[JsonSerializable(typeof(ServiceModel))]
[JsonSerializable(typeof(ContainerSpec))]
[JsonSerializable(typeof(Workload))]
[JsonSerializable(typeof(Instance))]
[JsonSerializable(typeof(IReadOnlyList<Instance>))]
[JsonSerializable(typeof(LogLine))]
[JsonSerializable(typeof(RouteTable))]
[JsonSerializable(typeof(GatewayReport))]
[JsonSerializable(typeof(Release))]
[JsonSerializable(typeof(Rollout))]
[JsonSerializable(typeof(IReadOnlyList<Rollout>))]
[JsonSerializable(typeof(AppStatus))]
[JsonSerializable(typeof(IReadOnlyList<AppStatus>))]
[JsonSerializable(typeof(ReleaseStatus))]
[JsonSerializable(typeof(IReadOnlyList<ReleaseStatus>))]
[JsonSerializable(typeof(DeploySource))]
[JsonSerializable(typeof(RolloutEvent))]
[JsonSerializable(typeof(Diagnostic))]
[JsonSerializable(typeof(IReadOnlyList<Diagnostic>))]
public sealed partial class ModelJson : JsonSerializerContext;
