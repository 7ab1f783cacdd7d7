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
    const string Path = "registry.storage";
    const string Keys = "account, key, connectionString, sas, container, endpoint, prefix or redirect";

    /// <exception cref="InvalidInputException">Every error, with its key and line; no value that may be a secret is repeated.</exception>
    public static AzureOptions Read(YamlMappingNode storage)
    {
        var errors = new List<Diagnostic>();
        var options = new AzureOptions { Container = "" };
        foreach (var (name, node) in storage.Children)
        {
            var key = name.ToString();
            if (key == "type") continue;
            if (node is not YamlScalarNode { Value: { Length: > 0 } value })
            {
                errors.Add(Wrong(node, key, "has no value of the right kind", "one line of text"));
                continue;
            }
            switch (key)
            {
                case "account": options = options with { Account = value }; break;
                case "key": options = options with { Key = value }; break;
                case "connectionString": options = options with { ConnectionString = value }; break;
                case "sas": options = options with { Sas = value }; break;
                case "container": options = options with { Container = value }; break;
                case "prefix": options = options with { Prefix = value.Trim('/') }; break;
                case "endpoint" when Uri.TryCreate(value, UriKind.Absolute, out var endpoint): options = options with { Endpoint = endpoint }; break;
                case "endpoint": errors.Add(Wrong(node, key, "is no address", "for example https://ACCOUNT.blob.core.windows.net")); break;
                case "redirect" when bool.TryParse(value, out var redirect): options = options with { Redirect = redirect }; break;
                case "redirect": errors.Add(Wrong(node, key, "is neither yes nor no", "true or false")); break;
                default: errors.Add(Wrong(name, key, "is no key of a store of type azure", Keys)); break;
            }
        }
        foreach (var error in options.Errors())
        {
            var (key, message) = (error[..error.IndexOf(':', StringComparison.Ordinal)], error[(error.IndexOf(':', StringComparison.Ordinal) + 2)..]);
            errors.Add(Wrong(storage.Children.TryGetValue(new YamlScalarNode(key), out var at) ? at : storage, key, message.TrimEnd('.'), null));
        }
        return errors.Count == 0 ? options : throw new InvalidInputException(errors);
    }

    static Diagnostic Wrong(YamlNode at, string key, string message, string? expected) =>
        new() { Line = (int)at.Start.Line, Column = (int)at.Start.Column, Key = $"{Path}.{key}", Message = message, Expected = expected };
}
