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
    const string Path = "registry.storage";
    const string Keys = "authUrl, user, password, userDomain, project, projectDomain, applicationCredentialId, applicationCredentialSecret, region, interface, container, prefix, tempUrlKey or redirect";

    static readonly Uri None = new("none:");

    /// <exception cref="InvalidInputException">Every error, with its key and line; no value that may be a secret is repeated.</exception>
    public static SwiftOptions Read(YamlMappingNode storage)
    {
        var errors = new List<Diagnostic>();
        var options = new SwiftOptions { AuthUrl = None, Container = "" };
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
                case "authUrl" when Uri.TryCreate(value, UriKind.Absolute, out var address): options = options with { AuthUrl = address }; break;
                case "authUrl": errors.Add(Wrong(node, key, "is no address", "for example https://keystone.example.com:5000/v3")); break;
                case "user": options = options with { User = value }; break;
                case "password": options = options with { Password = value }; break;
                case "userDomain": options = options with { UserDomain = value }; break;
                case "project": options = options with { Project = value }; break;
                case "projectDomain": options = options with { ProjectDomain = value }; break;
                case "applicationCredentialId": options = options with { ApplicationCredentialId = value }; break;
                case "applicationCredentialSecret": options = options with { ApplicationCredentialSecret = value }; break;
                case "region": options = options with { Region = value }; break;
                case "interface": options = options with { Interface = value }; break;
                case "container": options = options with { Container = value }; break;
                case "prefix": options = options with { Prefix = value.Trim('/') }; break;
                case "tempUrlKey": options = options with { TempUrlKey = value }; break;
                case "redirect" when bool.TryParse(value, out var redirect): options = options with { Redirect = redirect }; break;
                case "redirect": errors.Add(Wrong(node, key, "is neither yes nor no", "true or false")); break;
                default: errors.Add(Wrong(name, key, "is no key of a store of type swift", Keys)); break;
            }
        }
        if (ReferenceEquals(options.AuthUrl, None) && errors.Count == 0) errors.Add(Wrong(storage, "authUrl", "is missing", "for example https://keystone.example.com:5000/v3"));
        else if (errors.Count == 0)
        {
            foreach (var error in options.Errors())
            {
                var (key, message) = (error[..error.IndexOf(':', StringComparison.Ordinal)], error[(error.IndexOf(':', StringComparison.Ordinal) + 2)..]);
                errors.Add(Wrong(storage.Children.TryGetValue(new YamlScalarNode(key), out var at) ? at : storage, key, message.TrimEnd('.'), null));
            }
        }
        return errors.Count == 0 ? options : throw new InvalidInputException(errors);
    }

    static Diagnostic Wrong(YamlNode at, string key, string message, string? expected) =>
        new() { Line = (int)at.Start.Line, Column = (int)at.Start.Column, Key = $"{Path}.{key}", Message = message, Expected = expected };
}
