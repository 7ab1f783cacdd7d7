using System.Text.Json.Serialization;
using Slipway.Registry.Scanning;

namespace Slipway.Registry.Policies;

/// <summary>What an image must have to be deployed.</summary>
public sealed record DeployPolicy
{
    /// <summary>A signature that holds, by a key or certificate that is trusted.</summary>
    public bool RequireSignature { get; init; }

    /// <summary>Names of the trusted keys and certificates whose signatures count; empty: all that the project trusts.</summary>
    public IReadOnlyList<string> Keys { get; init; } = [];

    /// <summary>The signature must name the repository in which the image stands. Only cosign's own format names one.</summary>
    public bool SameRepository { get; init; }

    /// <summary>A report of a scan must be there; one that is not is made, and the deploy waits for it.</summary>
    public bool RequireScan { get; init; }

    /// <summary>Nothing that a scan found may be worse: "high" lets high ones pass and critical ones not; "none" lets nothing pass. Asks for a report, too. Null: no limit.</summary>
    [JsonConverter(typeof(JsonStringEnumConverter<Severity>))]
    public Severity? MaxSeverity { get; init; }

    /// <summary>Of a project: it stands in place of the platform's, which otherwise holds too. Only an administrator can say so.</summary>
    public bool ReplacesPlatform { get; init; }

    /// <summary>As people read it.</summary>
    public override string ToString() => string.Join(", ", new[]
    {
        RequireSignature ? Keys.Count == 0 ? "signature by any trusted key" : $"signature by {string.Join(" or ", Keys)}" : null,
        SameRepository ? "that names the repository" : null,
        MaxSeverity switch { null => RequireScan ? "a scan" : null, Severity.None => "no vulnerability", var most => $"no vulnerability above {most.Value.ToString().ToLowerInvariant()}" },
        ReplacesPlatform ? "in place of the platform's policy" : null,
    }.OfType<string>().DefaultIfEmpty("nothing required"));
}

/// <summary>A policy, and who made it when.</summary>
public sealed record PolicyStatus
{
    /// <summary>Null: the platform's, for all projects.</summary>
    public string? Project { get; init; }

    public required DeployPolicy Policy { get; init; }

    public required string SetBy { get; init; }

    public required DateTimeOffset Changed { get; init; }

    /// <summary>What is asked for, and by whom, for people.</summary>
    internal string Demand => $"{Policy} (policy of {(Project is null ? "the platform" : $"the project {Project}")})";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(DeployPolicy))]
sealed partial class PolicyJson : JsonSerializerContext;
