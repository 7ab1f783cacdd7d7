using Slipway.Model;
using Slipway.Registry.Storage.Swift;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>
/// The registry's bytes in OpenStack Swift.
/// <code>
/// registry:
///   storage:
///     type: swift
///     authUrl: https://keystone.example.com:5000/v3   # or a v1 address: https://swift.example.com/auth/v1.0
///     user: slipway                                   # or applicationCredentialId and applicationCredentialSecret
///     password: SECRET
///     project: images
///     container: images
///     # userDomain, projectDomain, region, interface, prefix, tempUrlKey, redirect
/// </code>
/// </summary>
static class SwiftSettings
{
    static readonly StorageKeys<SwiftOptions> Keys = new(
        "swift",
        [
            ("authUrl", (options, value) => options with { AuthUrl = StorageValue.Address(value, "https://keystone.example.com:5000/v3") }),
            ("user", (options, value) => options with { User = value }),
            ("password", (options, value) => options with { Password = value }),
            ("userDomain", (options, value) => options with { UserDomain = value }),
            ("project", (options, value) => options with { Project = value }),
            ("projectDomain", (options, value) => options with { ProjectDomain = value }),
            ("applicationCredentialId", (options, value) => options with { ApplicationCredentialId = value }),
            ("applicationCredentialSecret", (options, value) => options with { ApplicationCredentialSecret = value }),
            ("region", (options, value) => options with { Region = value }),
            ("interface", (options, value) => options with { Interface = value }),
            ("container", (options, value) => options with { Container = value }),
            ("prefix", (options, value) => options with { Prefix = value.Trim('/') }),
            ("tempUrlKey", (options, value) => options with { TempUrlKey = value }),
            ("redirect", (options, value) => options with { Redirect = StorageValue.YesOrNo(value) }),
        ],
        options => options.Errors());

    // Where no address is given, the check of the whole says so.
    static readonly Uri None = new("", UriKind.Relative);

    /// <exception cref="InvalidInputException">Every error, with its key and line; no value that may be a secret is repeated.</exception>
    public static SwiftOptions Read(YamlMappingNode storage) => Keys.Read(storage, new SwiftOptions { AuthUrl = None, Container = "" });
}
