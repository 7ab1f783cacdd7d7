using System.Globalization;

namespace Slipway.Model;

/// <summary>Durations as Compose writes them: numbers with units, one after another, as in 1h30m or 1.5s.</summary>
public static class Durations
{
    /// <summary>What is right, for messages.</summary>
    public const string Expected = "numbers with the units us, ms, s, m, h or d, for example 30s or 1m30s";

    /// <summary>To a tick; false where the text is no duration, or one above 100 years.</summary>
    public static bool TryParse(string text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text == "0") return true;
        var total = 0.0;
        var at = 0;
        while (at < text.Length)
        {
            var start = at;
            while (at < text.Length && (char.IsAsciiDigit(text[at]) || text[at] == '.')) at++;
            if (!double.TryParse(text.AsSpan(start, at - start), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var amount)) return false;
            start = at;
            while (at < text.Length && !char.IsAsciiDigit(text[at]) && text[at] != '.') at++;
            double? seconds = text[start..at] switch
            {
                "ns" => 1e-9,
                "us" or "µs" => 1e-6,
                "ms" => 1e-3,
                "s" => 1,
                "m" => 60,
                "h" => 3600,
                "d" => 86400,
                "w" => 7 * 86400,
                _ => null,
            };
            if (seconds is null) return false;
            total += amount * seconds.Value;
        }
        if (text.Length == 0 || total > 100 * 365 * 86400.0) return false;
        duration = TimeSpan.FromTicks((long)Math.Round(total * TimeSpan.TicksPerSecond));
        return true;
    }
}
