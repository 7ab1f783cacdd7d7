using System.Globalization;
using Slipway.Model;

namespace Slipway.Releases.Compose;

/// <summary>
/// One value of the merged tree with its path, read as what its key asks for. A value of the wrong kind is an error in
/// <see cref="Findings"/> and reads as absent, so that reading goes on and finds the rest.
/// </summary>
readonly record struct Field(Node? Node, string Path, Findings Findings)
{
    public bool IsMissing => Node is null || Node.IsNull;

    public Mark? Mark => Node?.Mark;

    public Field this[string key] => new((Node as Mapping)?.Find(key), Path.Length == 0 ? key : $"{Path}.{key}", Findings);

    public void Error(string message, string? expected = null, string? found = null) =>
        Findings.Error(Mark, Path, message, found ?? (Node as Scalar)?.Text, expected);

    public void Warn(string message) => Findings.Warn(Mark, Path, message, (Node as Scalar)?.Text);

    public string? Text()
    {
        if (IsMissing) return null;
        if (Node is Scalar scalar) return scalar.Text;
        Error($"{Node!.Kind} stands where a single value belongs", "a single value");
        return null;
    }

    public bool? Bool() => Text() switch
    {
        null => null,
        "true" or "True" or "TRUE" or "yes" or "Yes" or "on" or "On" => true,
        "false" or "False" or "FALSE" or "no" or "No" or "off" or "Off" => false,
        var text => Wrong<bool>($"'{text}' is neither true nor false", "true or false"),
    };

    public int? Int(int low, int high)
    {
        if (Text() is not { } text) return null;
        if (int.TryParse(text.Replace("_", "", StringComparison.Ordinal), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= low && number <= high) return number;
        return Wrong<int>($"'{text}' is no number that fits", high == int.MaxValue ? $"a whole number from {low}" : $"a whole number from {low} to {high}");
    }

    public long? Long(long low) => Text() is not { } text ? null
        : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) && number >= low ? number
        : Wrong<long>($"'{text}' is no number that fits", $"a whole number from {low}");

    public double? Number() => Text() is not { } text ? null
        : double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) ? number
        : Wrong<double>($"'{text}' is no number", "a number, for example 0.5");

    public TimeSpan? Duration() => Text() is not { } text ? null
        : Durations.TryParse(text, out var duration) ? duration : Wrong<TimeSpan>($"'{text}' is no duration", Durations.Expected);

    public long? Bytes() => Text() is not { } text ? null
        : ByteSizes.TryParse(text, out var bytes) ? bytes : Wrong<long>($"'{text}' is no size", ByteSizes.Expected);

    /// <summary>The items of a list; none where it is missing or no list.</summary>
    public IReadOnlyList<Field> Items()
    {
        if (IsMissing) return [];
        var (path, findings) = (Path, Findings);
        if (Node is Sequence list) return [.. list.Items.Select((item, i) => new Field(item, $"{path}[{i}]", findings))];
        Error($"{Node!.Kind} stands where a list belongs", "a list");
        return [];
    }

    /// <summary>The entries of a mapping; none where it is missing or no mapping.</summary>
    public IReadOnlyList<(string Key, Field Value)> Entries()
    {
        if (IsMissing) return [];
        var field = this;
        if (Node is Mapping mapping) return [.. mapping.Entries.Select(e => (e.Key, field[e.Key]))];
        Error($"{Node!.Kind} stands where a mapping belongs", "a mapping");
        return [];
    }

    /// <summary>The texts of a list, or of one value in place of it.</summary>
    public IReadOnlyList<string> Texts() => Node is Scalar { IsNullText: false } one ? [one.Text] : TextList();

    public IReadOnlyList<string> TextList() => [.. Items().Select(i => i.Text()).OfType<string>()];

    /// <summary>Words of a command: a list as it is, one text split as a shell splits it; null where missing.</summary>
    public IReadOnlyList<string>? Words()
    {
        if (IsMissing) return null;
        if (Node is not Scalar scalar) return TextList();
        if (ShellWords.TrySplit(scalar.Text, out var words)) return words;
        Error("a quote is not closed", "a closing quote, or the words as a list");
        return null;
    }

    /// <summary>A mapping, or a list of KEY=VALUE; null for a key without a value.</summary>
    public SortedDictionary<string, string?> Pairs()
    {
        var pairs = new SortedDictionary<string, string?>(StringComparer.Ordinal);
        if (Node is Sequence)
        {
            foreach (var item in Items())
                if (item.Text() is { } text)
                {
                    var cut = text.IndexOf('=', StringComparison.Ordinal);
                    if (cut == 0) item.Error($"'{text}' has no name before its equal sign", "KEY=VALUE");
                    else pairs[cut < 0 ? text : text[..cut]] = cut < 0 ? null : text[(cut + 1)..];
                }
        }
        else
        {
            foreach (var (key, value) in Entries()) pairs[key] = value.Text();
        }
        return pairs;
    }

    /// <summary>Like <see cref="Pairs"/>, a key without a value having an empty one.</summary>
    public SortedDictionary<string, string> Texts(bool emptyForNull)
    {
        var texts = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var (key, value) in Pairs())
            if (value is not null || emptyForNull) texts[key] = value ?? "";
        return texts;
    }

    T? Wrong<T>(string message, string expected) where T : struct
    {
        Error(message, expected);
        return null;
    }
}
