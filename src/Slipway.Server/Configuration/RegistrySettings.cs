using Slipway.Model;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>The section <c>registry</c>.</summary>
static class RegistrySettings
{
    const string Expected = "storage: {type: azure, ...} or publicUrl: https://registry.example.com";

    /// <exception cref="InvalidInputException">It can't be read; every error, with its key and line.</exception>
    public static ServerConfiguration Read(YamlNode registry, ServerConfiguration configuration)
    {
        if (registry is not YamlMappingNode { Children.Count: > 0 } keys) throw new InvalidInputException(Wrong(registry, "registry", "has no keys", Expected));
        var errors = new List<Diagnostic>();
        foreach (var (key, value) in keys.Children)
        {
            try
            {
                configuration = key.ToString() switch
                {
                    "storage" => configuration with { Storage = StorageSettings.Read(value) },
                    "publicUrl" => configuration with { PublicUrl = Address(value) },
                    var other => throw new InvalidInputException(Wrong(key, $"registry.{other}", "is no key of this section", Expected)),
                };
            }
            catch (InvalidInputException wrong)
            {
                errors.AddRange(wrong.Diagnostics);
            }
        }
        return errors.Count == 0 ? configuration : throw new InvalidInputException(errors);
    }

    static string Address(YamlNode node) =>
        node is YamlScalarNode { Value: { } text } && Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
        && url!.UserInfo.Length == 0 && url.PathAndQuery == "/" && url.Fragment.Length == 0 ? url.GetLeftPart(UriPartial.Authority)
            : throw new InvalidInputException(Wrong(node, "registry.publicUrl", "is no address of a registry", "a URL of http or https without path: https://registry.example.com"));

    static Diagnostic Wrong(YamlNode at, string key, string message, string expected) =>
        new() { Line = (int)at.Start.Line, Column = (int)at.Start.Column, Key = key, Message = message, Expected = expected };
}
