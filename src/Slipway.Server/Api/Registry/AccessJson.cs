using System.Text.Json.Serialization;
using Slipway.Registry.Auth;
using Slipway.Registry.Events;

namespace Slipway.Server.Api.Registry;

/// <summary>In the dialect of <see cref="ApiJson"/>. Also for clients.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(IReadOnlyList<AccountStatus>))]
[JsonSerializable(typeof(AccountRequest))]
[JsonSerializable(typeof(AccountChange))]
[JsonSerializable(typeof(IReadOnlyList<ProjectStatus>))]
[JsonSerializable(typeof(ProjectSettings))]
[JsonSerializable(typeof(MemberRequest))]
[JsonSerializable(typeof(IReadOnlyList<RobotStatus>))]
[JsonSerializable(typeof(RobotRequest))]
[JsonSerializable(typeof(RobotChange))]
[JsonSerializable(typeof(IReadOnlyList<RegistryEvent>))]
[JsonSerializable(typeof(WhoAmI))]
[JsonSerializable(typeof(PasswordRequest))]
public sealed partial class AccessJson : JsonSerializerContext;

/// <summary><c>PUT /api/v1/registry/projects/{project}</c></summary>
public sealed record ProjectSettings
{
    /// <summary>Everybody may pull from it, without a credential too.</summary>
    public required bool Public { get; init; }
}

/// <summary><c>PUT /api/v1/registry/projects/{project}/members/{account}</c></summary>
public sealed record MemberRequest
{
    public required ProjectRole Role { get; init; }
}

/// <summary><c>PATCH /api/v1/registry/robots/{name}</c></summary>
public sealed record RobotChange
{
    public required bool Disabled { get; init; }
}

/// <summary><c>PUT /api/v1/registry/me/password</c></summary>
public sealed record PasswordRequest
{
    /// <summary>10 to 256 characters.</summary>
    public required string Password { get; init; }
}
