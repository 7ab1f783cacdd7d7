using System.Text.Json.Serialization;
using Slipway.Model;
using Slipway.Server.Data;

namespace Slipway.Server.Api;

/// <summary>JSON of the API's own records, in the same dialect as <see cref="ModelJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UseStringEnumConverter = true)]
[JsonSerializable(typeof(BaseImageLine))]
[JsonSerializable(typeof(BaseImageRequest))]
[JsonSerializable(typeof(IReadOnlyList<BaseImageStatus>))]
[JsonSerializable(typeof(DeployRequest))]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(PreviewRequest))]
[JsonSerializable(typeof(PreviewExtension))]
[JsonSerializable(typeof(Problem))]
[JsonSerializable(typeof(PromoteRequest))]
[JsonSerializable(typeof(Readiness))]
[JsonSerializable(typeof(AbortRequest))]
[JsonSerializable(typeof(RollbackRequest))]
[JsonSerializable(typeof(ScaleRequest))]
[JsonSerializable(typeof(MaintenanceRequest))]
[JsonSerializable(typeof(ServerFile))]
[JsonSerializable(typeof(ServerStatus))]
[JsonSerializable(typeof(LogLine))]
public sealed partial class ApiJson : JsonSerializerContext;
