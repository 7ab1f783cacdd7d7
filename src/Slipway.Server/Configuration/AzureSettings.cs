using Slipway.Model;
using Slipway.Registry.Storage.Azure;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>
/// The registry's bytes in Azure Blob Storage.
/// <code>
/// registry:
///   storage:
///     type: azure
///     account: slipwayimages
///     key: BASE64                   # or connectionString, or sas
///     container: images
///     endpoint: https://...         # default: https://ACCOUNT.blob.core.windows.net
///     prefix: ship                  # default: none
///     redirect: true                # default: false
/// </code>
/// </summary>
static class AzureSettings
{
    static readonly StorageKeys<AzureOptions> Keys = new(
        "azure",
        [
            ("account", (options, value) => options with { Account = value }),
            ("key", (options, value) => options with { Key = value }),
            ("connectionString", (options, value) => options with { ConnectionString = value }),
            ("sas", (options, value) => options with { Sas = value }),
            ("container", (options, value) => options with { Container = value }),
            ("endpoint", (options, value) => options with { Endpoint = StorageValue.Address(value, "https://ACCOUNT.blob.core.windows.net") }),
            ("prefix", (options, value) => options with { Prefix = value.Trim('/') }),
            ("redirect", (options, value) => options with { Redirect = StorageValue.YesOrNo(value) }),
        ],
        options => options.Errors());

    /// <exception cref="InvalidInputException">Every error, with its key and line; no value that may be a secret is repeated.</exception>
    public static AzureOptions Read(YamlMappingNode storage) => Keys.Read(storage, new AzureOptions { Container = "" });
}
