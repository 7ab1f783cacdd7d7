using Slipway.Model;
using Slipway.Registry.Storage;
using YamlDotNet.RepresentationModel;

namespace Slipway.Server.Configuration;

/// <summary>The keys of one type of store, and how each becomes a part of its options.</summary>
/// <param name="keys">By name, in the order in which people are told of them. What is wrong with a value is thrown as <see cref="InvalidInputException"/>.</param>
/// <param name="check">What is wrong with the whole, each as "key: what, and what would be right".</param>
sealed class StorageKeys<T>(string type, IReadOnlyList<(string Name, Func<T, string, T> Set)> keys, Func<T, IEnumerable<string>> check)
    where T : StorageOptions
{
    /// <exception cref="InvalidInputException">Every error, with its key and line; no value that may be a secret is repeated.</exception>
    public T Read(YamlMappingNode storage, T options)
    {
        var errors = new List<Diagnostic>();
        foreach (var (name, node) in storage.Children)
        {
            var key = name.ToString();
            if (key == "type") continue;
            if (keys.FirstOrDefault(known => known.Name == key).Set is not { } set)
                errors.Add(Wrong(name, key, $"is no key of a store of type {type}", $"{string.Join(", ", keys.SkipLast(1).Select(known => known.Name))} or {keys[^1].Name}"));
            else
            {
                try
                {
                    options = set(options, SecretValue.Read(node));
                }
                catch (InvalidInputException wrong)
                {
                    errors.AddRange(wrong.Diagnostics.Select(one => Wrong(node, key, one.Message, one.Expected)));
                }
            }
        }
        foreach (var error in check(options))
        {
            var colon = error.IndexOf(':', StringComparison.Ordinal);
            var (key, message) = (error[..colon], error[(colon + 2)..].TrimEnd('.'));
            var found = Wrong(storage.Children.TryGetValue(new YamlScalarNode(key), out var at) ? at : storage, key, message, null);
            // One that could not be read is not missing as well.
            if (errors.TrueForAll(earlier => earlier.Key != found.Key)) errors.Add(found);
        }
        return errors.Count == 0 ? options : throw new InvalidInputException(errors);
    }

    static Diagnostic Wrong(YamlNode at, string key, string message, string? expected) =>
        new() { Line = (int)at.Start.Line, Column = (int)at.Start.Column, Key = $"registry.storage.{key}", Message = message, Expected = expected };
}

/// <summary>Values that are more than text.</summary>
static class StorageValue
{
    public static Uri Address(string value, string example) =>
        Uri.TryCreate(value, UriKind.Absolute, out var address) ? address : throw Wrong("is no address", $"for example {example}");

    public static bool YesOrNo(string value) => bool.TryParse(value, out var yes) ? yes : throw Wrong("is neither yes nor no", "true or false");

    static InvalidInputException Wrong(string message, string expected) => new(new Diagnostic { Message = message, Expected = expected });
}
