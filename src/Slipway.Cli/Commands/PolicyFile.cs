using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Slipway.Model;
using Slipway.Registry.Rules.Retention;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Commands;

/// <summary>A retention policy in a file, as the API takes it: what it leaves out has its usual value, and a key that is not known is an error.</summary>
static class PolicyFile
{
    static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        UnmappedMemberHandling = System.Text.Json.Serialization.JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        TypeInfoResolver = RulesJson.Default.WithAddedModifier(InitialValues.Keep),
    };

    public static JsonTypeInfo<RetentionPolicy> Type => (JsonTypeInfo<RetentionPolicy>)Options.GetTypeInfo(typeof(RetentionPolicy));
}
