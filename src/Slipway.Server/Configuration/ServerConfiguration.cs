using System.Net;
using System.Net.Sockets;
using Slipway.Database;
using Slipway.Model;
using Slipway.Registry;
using YamlDotNet.Core;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>
/// DATA/slipway.yaml: what an operator writes for this server. Everything in it has a default, and so has the whole file.
/// <code>
/// database: postgres://slipway:PASSWORD@db.example/slipway    # default: DATA/slipway.db; or {file: ...}, {env: ...}
/// roles: [control, registry]                                  # default: both
/// networks: 10.208.0.0/12                                     # of apps, when the engine has no addresses left; default: this
/// registry: {publicUrl: ..., storage: {type: s3, ...}}        # see RegistrySettings
/// webhooks: {allow: [...], timeout: 5s}                       # see WebhookSettings
/// </code>
/// </summary>
sealed record ServerConfiguration
{
    public DatabaseAddress? Database { get; init; }

    public ServerRoles? Roles { get; init; }

    /// <summary>Where the apps' networks get their addresses when the engine has none left.</summary>
    public IPNetwork? Networks { get; init; }

    /// <summary>What is written of it; the folder is not.</summary>
    public RegistryOptions Registry { get; init; } = new() { Folder = "" };

    /// <exception cref="InvalidInputException">It can't be read; every error is named with its line, and no value that may be a secret is repeated.</exception>
    public static ServerConfiguration Read(string file)
    {
        if (!File.Exists(file)) return new ServerConfiguration();
        var errors = new List<Diagnostic>();
        var configuration = new ServerConfiguration();
        foreach (var (key, value) in Entries(file))
        {
            Diagnostic At(Diagnostic error) => error with { File = file, Key = error.Key ?? key, Line = error.Line ?? (int)value.Start.Line, Column = error.Column ?? (int)value.Start.Column };
            try
            {
                configuration = (key, value) switch
                {
                    ("database", _) => configuration with { Database = DatabaseAddress.Parse(SecretValue.Read(value)) },
                    ("roles", YamlScalarNode { Value: { } text }) => configuration with { Roles = ServerRolesText.Parse(text, "roles") },
                    ("roles", YamlSequenceNode list) => configuration with { Roles = ServerRolesText.Parse(string.Join(',', list.Children.Select(child => child.ToString())), "roles") },
                    ("registry", _) => configuration with { Registry = RegistrySettings.Read(value, configuration.Registry) },
                    ("webhooks", _) => configuration with { Registry = configuration.Registry with { Webhooks = WebhookSettings.Read(value, configuration.Registry.Webhooks) } },
                    ("networks", YamlScalarNode { Value: { } text }) => configuration with { Networks = Pool(text) },
                    ("roles" or "networks", _) => throw Wrong(key, "has no value of the right kind", "one line of text"),
                    _ => throw Wrong(key, "is no key of this file", "database, roles, networks, registry or webhooks"),
                };
            }
            catch (InvalidInputException wrong)
            {
                errors.AddRange(wrong.Diagnostics.Select(At));
            }
        }
        return errors.Count == 0 ? configuration : throw new InvalidInputException(errors);
    }

    /// <summary>Of it each network takes a part with the prefix 22.</summary>
    static IPNetwork Pool(string text) =>
        Cidr.TryParse(text, out var pool) && pool.BaseAddress.AddressFamily == AddressFamily.InterNetwork && pool.PrefixLength is >= 8 and <= 22 ? pool
            : throw Wrong("networks", $"'{text}' is no range for the apps' networks", "a network of IPv4 with a prefix from 8 to 22 that your machines do not use, for example 10.208.0.0/12");

    static List<(string Key, YamlNode Value)> Entries(string file)
    {
        try
        {
            var stream = new YamlStream();
            using var reader = new StreamReader(file);
            stream.Load(reader);
            if (stream.Documents is []) return [];
            if (stream.Documents[0].RootNode is YamlMappingNode root) return [.. root.Children.Select(entry => (entry.Key.ToString(), entry.Value))];
            throw new InvalidInputException(new Diagnostic { File = file, Line = 1, Message = "this is no mapping of keys to values", Expected = "for example  roles: [registry]" });
        }
        catch (YamlException broken)
        {
            throw new InvalidInputException(new Diagnostic { File = file, Line = (int)broken.Start.Line, Column = (int)broken.Start.Column, Message = "this is not YAML" });
        }
    }

    static InvalidInputException Wrong(string key, string message, string expected) => new(new Diagnostic { Key = key, Message = message, Expected = expected });
}
