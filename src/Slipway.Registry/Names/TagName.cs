using System.Diagnostics.CodeAnalysis;

namespace Slipway.Registry.Names;

/// <summary>A tag: 1 to 128 characters (OCI Distribution Specification 1.1, "Pulling manifests": &lt;tag-or-digest&gt; as a tag).</summary>
readonly record struct TagName
{
    public const int MaxLength = 128;
    public const string Rule = "1 to 128 characters: a-z, A-Z, 0-9, '_', '.' and '-', not beginning with '.' or '-'";

    readonly string? _value;

    TagName(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("A TagName was used without a value.");

    public static bool TryParse([NotNullWhen(true)] string? text, out TagName tag)
    {
        tag = default;
        if (string.IsNullOrEmpty(text) || text.Length > MaxLength || text[0] is '.' or '-') return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('_' or '.' or '-')) return false;
        tag = new TagName(text);
        return true;
    }

    public override string ToString() => Value;
}
