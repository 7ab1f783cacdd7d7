using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>What the generator knows of the model's records. Read and written by <see cref="ModelJson"/> alone.</summary>
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
[JsonSerializable(typeof(SiteIndex))]
[JsonSerializable(typeof(RequestMatch))]
[JsonSerializable(typeof(Maintenance))]
[JsonSerializable(typeof(CertificateSet))]
[JsonSerializable(typeof(GatewayReport))]
[JsonSerializable(typeof(Release))]
[JsonSerializable(typeof(Rollout))]
[JsonSerializable(typeof(IReadOnlyList<Rollout>))]
[JsonSerializable(typeof(AppStatus))]
[JsonSerializable(typeof(IReadOnlyList<AppStatus>))]
[JsonSerializable(typeof(ReleaseStatus))]
[JsonSerializable(typeof(IReadOnlyList<ReleaseStatus>))]
[JsonSerializable(typeof(CanaryPolicy))]
[JsonSerializable(typeof(CanaryWindow))]
[JsonSerializable(typeof(CanaryStatus))]
[JsonSerializable(typeof(ReleaseReport))]
[JsonSerializable(typeof(Freeze))]
[JsonSerializable(typeof(ReleaseEvent))]
[JsonSerializable(typeof(ReleaseChanges))]
[JsonSerializable(typeof(IReadOnlyList<ModelChange>))]
[JsonSerializable(typeof(JobRun))]
[JsonSerializable(typeof(DeployPlan))]
[JsonSerializable(typeof(DeploySource))]
[JsonSerializable(typeof(RolloutEvent))]
[JsonSerializable(typeof(Diagnostic))]
[JsonSerializable(typeof(IReadOnlyList<Diagnostic>))]
sealed partial class ModelMetadata : JsonSerializerContext;
