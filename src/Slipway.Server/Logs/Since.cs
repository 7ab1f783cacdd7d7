using System.Globalization;
using Slipway.Model;

namespace Slipway.Server.Logs;

/// <summary>From when on: a time (RFC 3339), or how long ago: 90s, 10m, 2h, 1d.</summary>
static class Since
{
    /// <exception cref="InvalidInputException">The text is neither.</exception>
    public static DateTimeOffset? Parse(string? text, DateTimeOffset now)
    {
        if (string.IsNullOrEmpty(text)) return null;
        if (double.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var count) && count < 100_000
            && Unit(text[^1]) is { } unit) return now - (count * unit);
        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)) return time;
        throw new InvalidInputException(new Diagnostic
        {
            Message = $"'{text}' is no time",
            Key = "since",
            Found = text,
            Expected = "a time as 2026-01-31T12:00:00Z, or how long ago as 90s, 10m, 2h or 1d",
        });
    }

    static TimeSpan? Unit(char letter) => letter switch
    {
        's' => TimeSpan.FromSeconds(1),
        'm' => TimeSpan.FromMinutes(1),
        'h' => TimeSpan.FromHours(1),
        'd' => TimeSpan.FromDays(1),
        _ => null,
    };
}
