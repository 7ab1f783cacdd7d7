using Slipway.Model;
using Slipway.Registry.Storage;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>The section <c>registry.storage</c>: where the registry's bytes are, when that is not DATA/registry. Each type has its own keys.</summary>
static class StorageSettings
{
    /// <exception cref="InvalidInputException">It can't be read; errors name their key and line.</exception>
    public static StorageOptions Read(YamlNode node)
    {
        if (node is not YamlMappingNode storage) throw Wrong(node, "registry.storage", "has no keys", "storage: {type: azure, ...}");
        if (!storage.Children.TryGetValue(new YamlScalarNode("type"), out var type)) throw Wrong(storage, "registry.storage.type", "is missing", "azure or swift");
        return type.ToString() switch
        {
            "azure" => AzureSettings.Read(storage),
            "swift" => SwiftSettings.Read(storage),
            var other => throw Wrong(type, "registry.storage.type", $"'{other}' is no type of store", "azure or swift"),
        };
    }

    static InvalidInputException Wrong(YamlNode at, string key, string message, string expected) =>
        new(new Diagnostic { Line = (int)at.Start.Line, Column = (int)at.Start.Column, Key = key, Message = message, Expected = expected });
}
