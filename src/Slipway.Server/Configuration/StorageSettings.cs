using Slipway.Model;
using Slipway.Registry.Storage;
using Slipway.Registry.Storage.S3;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>The section <c>registry.storage</c>: where the registry's bytes are, when that is not DATA/registry. Each type has its own keys.</summary>
static class StorageSettings
{
    const string Types = "s3, oss, ks3, azure or swift";

    /// <exception cref="InvalidInputException">It can't be read; errors name their key and line.</exception>
    public static StorageOptions Read(YamlNode written)
    {
        if (written is not YamlMappingNode storage) throw Wrong(written, "registry.storage", "is no mapping of keys to values", "for example {type: s3, ...}");
        if (!storage.Children.TryGetValue(new YamlScalarNode("type"), out var type)) throw Wrong(storage, "registry.storage.type", "is missing", Types);
        return type.ToString() switch
        {
            "s3" => S3Settings.Read(storage, S3Dialect.S3),
            "oss" => S3Settings.Read(storage, S3Dialect.Oss),
            "ks3" => S3Settings.Read(storage, S3Dialect.Ks3),
            "azure" => AzureSettings.Read(storage),
            "swift" => SwiftSettings.Read(storage),
            var other => throw Wrong(type, "registry.storage.type", $"'{other}' is no type of store", Types),
        };
    }

    static InvalidInputException Wrong(YamlNode at, string key, string message, string expected) =>
        new(new Diagnostic { Line = (int)at.Start.Line, Column = (int)at.Start.Column, Key = key, Message = message, Expected = expected });
}
