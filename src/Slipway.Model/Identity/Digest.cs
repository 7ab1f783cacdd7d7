using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// The digest of some content: <c>sha256:</c> and 64, or <c>sha512:</c> and 128, lower-case hexadecimal digits
/// (OCI Image Specification 1.1, descriptor.md, "Digests"; other algorithms are not registered there and are refused).
/// </summary>
[JsonConverter(typeof(DigestJsonConverter))]
public readonly record struct Digest : IParsable<Digest>
{
    readonly string? _value;

    Digest(string value) => _value = value;

    /// <summary>The whole text, algorithm and all.</summary>
    public string Value => _value ?? throw new InvalidOperationException("A Digest was used without a value.");

    public string Algorithm => Value[..Value.IndexOf(':', StringComparison.Ordinal)];

    public string Hex => Value[(Value.IndexOf(':', StringComparison.Ordinal) + 1)..];

    /// <summary>The first 12 hexadecimal digits, as people quote it.</summary>
    public string Short => Hex[..12];

    public static bool TryParse([NotNullWhen(true)] string? text, out Digest digest)
    {
        digest = default;
        var length = text switch
        {
            not null when text.StartsWith("sha256:", StringComparison.Ordinal) => 7 + 64,
            not null when text.StartsWith("sha512:", StringComparison.Ordinal) => 7 + 128,
            _ => -1,
        };
        if (text is null || text.Length != length) return false;
        foreach (var c in text.AsSpan(7))
            if (!char.IsAsciiHexDigitLower(c)) return false;
        digest = new Digest(text);
        return true;
    }

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Digest result) => TryParse(s, out result);

    /// <exception cref="FormatException">The text is no digest.</exception>
    public static Digest Parse(string text) =>
        TryParse(text, out var digest) ? digest : throw new FormatException($"'{text}' is no digest: expected sha256: and 64, or sha512: and 128, hexadecimal digits.");

    public static Digest Parse(string s, IFormatProvider? provider) => Parse(s);

    public static Digest Sha256(ReadOnlySpan<byte> content) =>
        new("sha256:" + Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content)));

    public override string ToString() => Value;
}

/// <summary>Public, because each project's generated JSON context that has a digest in it must see it.</summary>
public sealed class DigestJsonConverter : JsonConverter<Digest>
{
    public override Digest Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        Digest.TryParse(reader.GetString(), out var digest) ? digest : throw new JsonException("no digest");

    public override void Write(Utf8JsonWriter writer, Digest value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
