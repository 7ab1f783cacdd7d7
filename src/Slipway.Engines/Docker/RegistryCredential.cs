using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Engines.Docker;

/// <summary>How the engine proves itself to a registry.</summary>
/// <param name="ServerAddress">Host and port of the registry: 127.0.0.1:8080</param>
public sealed record RegistryCredential(string ServerAddress, string Username, string Password)
{
    /// <summary>X-Registry-Auth (Engine API, "Authentication"). It must be there even where there is nothing to prove.</summary>
    internal static (string Name, string Value) Header(RegistryCredential? credential)
    {
        var auth = credential is null
            ? new RegistryAuth()
            : new RegistryAuth { Username = credential.Username, Password = credential.Password, ServerAddress = credential.ServerAddress };
        var json = JsonSerializer.SerializeToUtf8Bytes(auth, DockerJson.Default.RegistryAuth);
        return ("X-Registry-Auth", Convert.ToBase64String(json).Replace('+', '-').Replace('/', '_'));
    }

    /// <summary>Without the password, which a record would otherwise print.</summary>
    public override string ToString() => $"{Username} at {ServerAddress}";
}

sealed record RegistryAuth
{
    [JsonPropertyName("username")]
    public string? Username { get; init; }

    [JsonPropertyName("password")]
    public string? Password { get; init; }

    [JsonPropertyName("serveraddress")]
    public string? ServerAddress { get; init; }
}
