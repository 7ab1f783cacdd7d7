using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;

namespace Slipway.Registry.Names;

/// <summary>
/// The name of an image repository: at most 255 characters of path segments in lower case
/// (OCI Distribution Specification 1.1, "Pulling manifests": &lt;name&gt;). It is a key of the database and never a path.
/// </summary>
readonly partial record struct RepositoryName
{
    public const int MaxLength = 255;
    public const string Rule = "at most 255 characters: segments of a-z and 0-9, inside them '.', '_', '__' or '-', with '/' between them";

    readonly string? _value;

    RepositoryName(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("A RepositoryName was used without a value.");

    public static bool TryParse([NotNullWhen(true)] string? text, out RepositoryName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength || !Grammar().IsMatch(text)) return false;
        name = new RepositoryName(text);
        return true;
    }

    public override string ToString() => Value;

    [GeneratedRegex(@"^[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*(\/[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*)*\z")]
    private static partial Regex Grammar();
}
