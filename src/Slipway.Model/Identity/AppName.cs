using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Slipway.Model;

/// <summary>
/// The name of an app: 1 to 40 characters, a-z, 0-9 and '-', beginning and ending with a letter or a digit.
/// It is a DNS label (RFC 1123, section 2.1), because it becomes part of host names, and safe in paths and engine names.
/// SHOP--NAME is a preview of shop (<see cref="PreviewName"/>): nobody else gets a name with two hyphens in a row.
/// </summary>
[JsonConverter(typeof(AppNameJsonConverter))]
public readonly record struct AppName : IParsable<AppName>, IComparable<AppName>
{
    public const int MaxLength = 40;
    public const string Rule = "1 to 40 characters: a-z, 0-9 and single '-', beginning and ending with a letter or a digit";

    /// <summary>Stands between an app's name and that of its preview.</summary>
    public const string PreviewMark = "--";

    /// <summary>Of a name with <see cref="PreviewMark"/> in it: still a DNS label.</summary>
    public const int MaxPreviewLength = 63;

    readonly string? _value;

    AppName(string value) => _value = value;

    public string Value => _value ?? throw new InvalidOperationException("An AppName was used without a value.");

    /// <summary>Whether it is that of a preview, or of an app from before there were any.</summary>
    public bool HasPreviewMark => Value.Contains(PreviewMark, StringComparison.Ordinal);

    public static bool TryParse([NotNullWhen(true)] string? text, out AppName name)
    {
        name = default;
        if (string.IsNullOrEmpty(text) || text[0] == '-' || text[^1] == '-') return false;
        if (text.Length > (text.Contains(PreviewMark, StringComparison.Ordinal) ? MaxPreviewLength : MaxLength)) return false;
        foreach (var c in text)
            if (!char.IsAsciiLetterLower(c) && !char.IsAsciiDigit(c) && c != '-') return false;
        name = new AppName(text);
        return true;
    }

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AppName result) => TryParse(s, out result);

    /// <exception cref="InvalidInputException">The text is no app name.</exception>
    public static AppName Parse(string text) =>
        TryParse(text, out var name) ? name : throw new InvalidInputException(new Diagnostic
        {
            Message = $"'{text}' is no app name",
            Key = "app",
            Found = text,
            Expected = Rule,
        });

    public static AppName Parse(string s, IFormatProvider? provider) => Parse(s);

    /// <summary>The nearest app name to a folder's name ("My Shop_2" gives "my-shop-2"), or null where nothing is left of it.</summary>
    public static AppName? FromFolder(string folder)
    {
        var letters = folder.ToLowerInvariant().Select(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) ? c : '-').ToArray();
        var text = string.Join('-', new string(letters).Split('-', StringSplitOptions.RemoveEmptyEntries));
        if (text.Length > MaxLength) text = text[..MaxLength].TrimEnd('-');
        return TryParse(text, out var name) ? name : null;
    }

    public int CompareTo(AppName other) => string.CompareOrdinal(_value, other._value);

    public override string ToString() => Value;

    public static bool operator <(AppName left, AppName right) => left.CompareTo(right) < 0;
    public static bool operator >(AppName left, AppName right) => left.CompareTo(right) > 0;
    public static bool operator <=(AppName left, AppName right) => left.CompareTo(right) <= 0;
    public static bool operator >=(AppName left, AppName right) => left.CompareTo(right) >= 0;
}

/// <summary>A name as its text. Public for the generated readers of other projects.</summary>
public sealed class AppNameJsonConverter : JsonConverter<AppName>
{
    public override AppName Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        AppName.TryParse(reader.GetString(), out var name) ? name : throw new JsonException($"no app name; expected {AppName.Rule}");

    public override void Write(Utf8JsonWriter writer, AppName value, JsonSerializerOptions options) => writer.WriteStringValue(value.Value);
}
