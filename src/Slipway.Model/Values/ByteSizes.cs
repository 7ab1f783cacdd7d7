using System.Globalization;

namespace Slipway.Model;

/// <summary>Sizes as Compose writes them (11-extension.md, "Specifying byte values"): 512m, 1gb, 64MiB; a unit is 1024 times the one below it.</summary>
public static class ByteSizes
{
    /// <summary>What is right, for messages.</summary>
    public const string Expected = "a number with the unit b, k, m, g or t, for example 512m";

    /// <summary>Bytes; false where the text is no size, or one above 2^60.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        var end = text.Length;
        while (end > 0 && char.IsAsciiLetter(text[end - 1])) end--;
        if (!double.TryParse(text.AsSpan(0, end).TrimEnd(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)) return false;
        var power = text[end..].ToLowerInvariant() switch
        {
            "" or "b" => 0,
            "k" or "kb" or "kib" => 1,
            "m" or "mb" or "mib" => 2,
            "g" or "gb" or "gib" => 3,
            "t" or "tb" or "tib" => 4,
            _ => -1,
        };
        if (power < 0) return false;
        var value = amount * Math.Pow(1024, power);
        if (value > 1L << 60) return false;
        bytes = (long)value;
        return true;
    }
}
