using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Server.Certificates.Acme;

/// <summary>RFC 8555, section 7.1.1.</summary>
sealed record AcmeDirectory
{
    public string? NewNonce { get; init; }

    public string? NewAccount { get; init; }

    public string? NewOrder { get; init; }

    public AcmeMeta? Meta { get; init; }
}

sealed record AcmeMeta
{
    public string? TermsOfService { get; init; }

    public bool ExternalAccountRequired { get; init; }
}

/// <summary>RFC 8555, section 7.1.3.</summary>
sealed record AcmeOrder
{
    public string? Status { get; init; }

    public IReadOnlyList<string>? Authorizations { get; init; }

    public string? Finalize { get; init; }

    public string? Certificate { get; init; }

    public AcmeProblem? Error { get; init; }
}

/// <summary>RFC 8555, section 7.1.4.</summary>
sealed record AcmeAuthorization
{
    public string? Status { get; init; }

    public IReadOnlyList<AcmeChallenge>? Challenges { get; init; }
}

/// <summary>RFC 8555, section 8.</summary>
sealed record AcmeChallenge
{
    public string? Type { get; init; }

    public string? Url { get; init; }

    public string? Token { get; init; }

    public AcmeProblem? Error { get; init; }
}

/// <summary>RFC 8555, section 6.7.</summary>
sealed record AcmeProblem
{
    const string Prefix = "urn:ietf:params:acme:error:";

    public string? Type { get; init; }

    public string? Detail { get; init; }

    /// <summary>"badNonce"; what is no error of ACME stays as it is.</summary>
    [JsonIgnore]
    public string Kind => Type is { } type && type.StartsWith(Prefix, StringComparison.Ordinal) ? type[Prefix.Length..] : Type ?? "";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(AcmeDirectory))]
[JsonSerializable(typeof(AcmeOrder))]
[JsonSerializable(typeof(AcmeAuthorization))]
[JsonSerializable(typeof(AcmeChallenge))]
[JsonSerializable(typeof(AcmeProblem))]
sealed partial class AcmeJson : JsonSerializerContext;
