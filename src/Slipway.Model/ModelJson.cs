using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Slipway.Model;

/// <summary>
/// JSON of the model's records: camelCase, nulls left out, enums as their words; what a document leaves out keeps its initialiser
/// (<see cref="InitialValues"/>). Used for storage, the API and the gateway's socket.
/// </summary>
public sealed class ModelJson : IJsonTypeInfoResolver
{
    readonly IJsonTypeInfoResolver _resolver = ModelMetadata.Default.WithAddedModifier(InitialValues.Keep);
    readonly JsonSerializerOptions _options;

    ModelJson()
    {
        _options = new JsonSerializerOptions(ModelMetadata.Default.Options) { TypeInfoResolver = _resolver };
        _options.MakeReadOnly();
    }

    public static ModelJson Default { get; } = new();

    public JsonTypeInfo<AppModel> AppModel => Of<AppModel>();

    public JsonTypeInfo<ServiceModel> ServiceModel => Of<ServiceModel>();

    public JsonTypeInfo<BuildModel> BuildModel => Of<BuildModel>();

    public JsonTypeInfo<ContainerSpec> ContainerSpec => Of<ContainerSpec>();

    public JsonTypeInfo<ReleasePolicy> ReleasePolicy => Of<ReleasePolicy>();

    public JsonTypeInfo<Workload> Workload => Of<Workload>();

    public JsonTypeInfo<Instance> Instance => Of<Instance>();

    public JsonTypeInfo<IReadOnlyList<Instance>> IReadOnlyListInstance => Of<IReadOnlyList<Instance>>();

    public JsonTypeInfo<LogLine> LogLine => Of<LogLine>();

    public JsonTypeInfo<RouteTable> RouteTable => Of<RouteTable>();

    public JsonTypeInfo<RequestMatch> RequestMatch => Of<RequestMatch>();

    public JsonTypeInfo<Maintenance> Maintenance => Of<Maintenance>();

    public JsonTypeInfo<CertificateSet> CertificateSet => Of<CertificateSet>();

    public JsonTypeInfo<GatewayReport> GatewayReport => Of<GatewayReport>();

    public JsonTypeInfo<Release> Release => Of<Release>();

    public JsonTypeInfo<Rollout> Rollout => Of<Rollout>();

    public JsonTypeInfo<IReadOnlyList<Rollout>> IReadOnlyListRollout => Of<IReadOnlyList<Rollout>>();

    public JsonTypeInfo<AppStatus> AppStatus => Of<AppStatus>();

    public JsonTypeInfo<IReadOnlyList<AppStatus>> IReadOnlyListAppStatus => Of<IReadOnlyList<AppStatus>>();

    public JsonTypeInfo<ReleaseStatus> ReleaseStatus => Of<ReleaseStatus>();

    public JsonTypeInfo<IReadOnlyList<ReleaseStatus>> IReadOnlyListReleaseStatus => Of<IReadOnlyList<ReleaseStatus>>();

    public JsonTypeInfo<CanaryPolicy> CanaryPolicy => Of<CanaryPolicy>();

    public JsonTypeInfo<CanaryWindow> CanaryWindow => Of<CanaryWindow>();

    public JsonTypeInfo<CanaryStatus> CanaryStatus => Of<CanaryStatus>();

    public JsonTypeInfo<ReleaseReport> ReleaseReport => Of<ReleaseReport>();

    public JsonTypeInfo<DeployPlan> DeployPlan => Of<DeployPlan>();

    public JsonTypeInfo<JobRun> JobRun => Of<JobRun>();

    public JsonTypeInfo<Freeze> Freeze => Of<Freeze>();
    public JsonTypeInfo<ApprovalRule> ApprovalRule => Of<ApprovalRule>();

    public JsonTypeInfo<ReleaseChanges> ReleaseChanges => Of<ReleaseChanges>();

    public JsonTypeInfo<ReleaseEvent> ReleaseEvent => Of<ReleaseEvent>();

    public JsonTypeInfo<IReadOnlyList<ModelChange>> IReadOnlyListModelChange => Of<IReadOnlyList<ModelChange>>();

    public JsonTypeInfo<DeploySource> DeploySource => Of<DeploySource>();

    public JsonTypeInfo<RolloutEvent> RolloutEvent => Of<RolloutEvent>();

    public JsonTypeInfo<Diagnostic> Diagnostic => Of<Diagnostic>();

    public JsonTypeInfo<IReadOnlyList<Diagnostic>> IReadOnlyListDiagnostic => Of<IReadOnlyList<Diagnostic>>();

    /// <summary>For other options' chains; null for what is no record of the model.</summary>
    public JsonTypeInfo? GetTypeInfo(Type type, JsonSerializerOptions options) => _resolver.GetTypeInfo(type, options);

    JsonTypeInfo<T> Of<T>() => (JsonTypeInfo<T>)_options.GetTypeInfo(typeof(T));
}
