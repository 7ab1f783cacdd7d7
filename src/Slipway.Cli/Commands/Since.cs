using System.Globalization;
using Slipway.Model;

namespace Slipway.Cli.Commands;

/// <summary>A moment as people write it: an age (90s, 10m, 1h30m, 2d) or an RFC 3339 time.</summary>
static class Since
{
    /// <exception cref="InvalidInputException">Neither.</exception>
    public static DateTimeOffset Parse(string text, DateTimeOffset now, string key = "--since") => Moment(text, now, -1, key);

    /// <summary>A moment to come: so long from now (90d), or a time.</summary>
    /// <exception cref="InvalidInputException">Neither.</exception>
    public static DateTimeOffset ParseEnd(string text, DateTimeOffset now, string key) => Moment(text, now, 1, key);

    static DateTimeOffset Moment(string text, DateTimeOffset now, int direction, string key)
    {
        if (TryParseAge(text, out var age)) return now + direction * age;
        // A date alone is midnight UTC; anything else without an offset would be guessed, and is refused.
        if (text.Length >= 10 && (text.Length == 10 || text[^1] is 'Z' or 'z' || text.AsSpan(10).IndexOfAny('+', '-') > 0)
            && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment)) return moment;
        throw new InvalidInputException(new Diagnostic
        {
            Key = key,
            Message = $"'{text}' is no time",
            Found = text,
            Expected = "a length of time such as 90s, 10m, 1h30m or 2d, or a time such as 2026-01-31T12:00:00Z",
        });
    }

    /// <summary>A length of time in the same words.</summary>
    /// <exception cref="InvalidInputException">None.</exception>
    public static TimeSpan ParseAge(string text, string key) => TryParseAge(text, out var age) ? age
        : throw new InvalidInputException(new Diagnostic { Key = key, Message = $"'{text}' is no length of time", Found = text, Expected = "such as 90s, 10m, 1h30m or 2d" });

    static bool TryParseAge(string text, out TimeSpan age)
    {
        age = TimeSpan.Zero;
        if (text.Length == 0) return false;
        var start = 0;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsAsciiDigit(text[i])) continue;
            if (!int.TryParse(text.AsSpan(start, i - start), NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
            TimeSpan? unit = text[i] switch
            {
                's' => TimeSpan.FromSeconds(1),
                'm' => TimeSpan.FromMinutes(1),
                'h' => TimeSpan.FromHours(1),
                'd' => TimeSpan.FromDays(1),
                _ => null,
            };
            if (unit is null || number > TimeSpan.MaxValue.TotalDays / 4) return false;
            age += unit.Value * number;
            start = i + 1;
        }
        return start == text.Length && age < TimeSpan.FromDays(36500);
    }
}
