using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Cli.Supervising;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, WriteIndented = true)]
[JsonSerializable(typeof(ProcessIdentity))]
[JsonSerializable(typeof(UpSettings))]
[JsonSerializable(typeof(ProcessReport))]
sealed partial class SupervisingJson : JsonSerializerContext;
