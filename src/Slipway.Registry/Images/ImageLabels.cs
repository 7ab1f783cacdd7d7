using System.Text.RegularExpressions;
using Slipway.Model;

namespace Slipway.Registry.Images;

/// <summary>Labels that people give to repositories and images: NAME=VALUE.</summary>
public static partial class ImageLabels
{
    public const string NameRule = "1 to 128 characters: a-z, A-Z, 0-9, '.', '_', '-' and '/', beginning and ending with a letter or a digit";
    public const int MaxValue = 1024;

    internal static Diagnostic? Check(string name, string? value)
    {
        if (!Name().IsMatch(name)) return new Diagnostic { Message = $"'{Shortened(name)}' is no name of a label", Key = "labels", Found = Shortened(name), Expected = NameRule };
        if (value is not null && (value.Length > MaxValue || value.Any(char.IsControl)))
            return new Diagnostic { Message = $"the value of {name} can't be kept", Key = "labels", Found = Shortened(value), Expected = $"at most {MaxValue} characters, no control characters" };
        return null;
    }

    /// <summary>What is wrong with a filter, NAME or NAME=VALUE, or null.</summary>
    internal static Diagnostic? CheckFilter(string? filter) => Check(Parts(filter ?? "").Name, Parts(filter ?? "").Value) is { } wrong ? wrong with { Key = "label" } : null;

    internal static (string Name, string? Value) Parts(string filter) =>
        filter.IndexOf('=', StringComparison.Ordinal) is var equals and >= 0 ? (filter[..equals], filter[(equals + 1)..]) : (filter, null);

    internal static bool Matches(string filter, IReadOnlyDictionary<string, string> labels)
    {
        var (name, value) = Parts(filter);
        return labels.TryGetValue(name, out var found) && (value is null || value == found);
    }

    static string Shortened(string text) => text.Length <= 160 ? text : text[..160] + "...";

    [GeneratedRegex(@"^[A-Za-z0-9]([A-Za-z0-9._/-]{0,126}[A-Za-z0-9])?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Name();
}
