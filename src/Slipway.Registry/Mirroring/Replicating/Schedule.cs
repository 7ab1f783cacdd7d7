using System.Globalization;

namespace Slipway.Registry.Mirroring.Replicating;

/// <summary>
/// When something is due by the clock: every so often ("every 30m", "every 6h", "every 1d"), or as cron says it, in UTC: MINUTE HOUR DAY MONTH WEEKDAY
/// ("15 2 * * 1-5"; POSIX, crontab: of day and weekday one suffices where both are given; 0 and 7 are Sunday).
/// </summary>
sealed class Schedule
{
    public const string Rule = "'every 30m' (s, m, h, d; at least 10 s), or five fields as in cron, in UTC: '15 2 * * *'";
    const int DaysToLook = 366 * 8;

    readonly TimeSpan? _every;
    readonly bool[][] _fields = [];
    readonly bool _anyDay;
    readonly bool _anyWeekday;

    Schedule(TimeSpan every) => _every = every;

    Schedule(bool[][] fields, bool anyDay, bool anyWeekday) => (_fields, _anyDay, _anyWeekday) = (fields, anyDay, anyWeekday);

    public static Schedule? TryParse(string? text)
    {
        if (string.IsNullOrWhiteSpace(text)) return null;
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts is ["every", var length])
        {
            if (!long.TryParse(length.AsSpan(0, length.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out var count)) return null;
            var seconds = length[^1] switch { 's' => 1, 'm' => 60, 'h' => 3600, 'd' => 86400, _ => 0 };
            return seconds > 0 && count is > 0 and < 100_000 && count * seconds >= 10 ? new Schedule(TimeSpan.FromSeconds(count * seconds)) : null;
        }
        if (parts.Length != 5) return null;
        (int First, int Last)[] bounds = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)];
        var fields = new bool[5][];
        for (var i = 0; i < 5; i++)
            if (Field(parts[i], bounds[i].First, bounds[i].Last) is { } field) fields[i] = field;
            else return null;
        fields[4][0] |= fields[4][7];
        var schedule = new Schedule(fields, parts[2] == "*", parts[4] == "*");
        // The 30th of February never comes.
        return schedule.Next(new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero)) == DateTimeOffset.MaxValue ? null : schedule;
    }

    /// <summary>The first moment after <paramref name="after"/>.</summary>
    public DateTimeOffset Next(DateTimeOffset after)
    {
        if (_every is { } every) return after + every;
        var at = new DateTimeOffset(after.UtcDateTime.Date.AddHours(after.UtcDateTime.Hour).AddMinutes(after.UtcDateTime.Minute + 1), TimeSpan.Zero);
        var last = at.AddDays(DaysToLook);
        while (at < last)
        {
            if (!_fields[3][at.Month] || !IsDay(at)) at = new DateTimeOffset(at.UtcDateTime.Date.AddDays(1), TimeSpan.Zero);
            else if (!_fields[1][at.Hour]) at = new DateTimeOffset(at.UtcDateTime.Date.AddHours(at.Hour + 1), TimeSpan.Zero);
            else if (!_fields[0][at.Minute]) at = at.AddMinutes(1);
            else return at;
        }
        return DateTimeOffset.MaxValue;
    }

    bool IsDay(DateTimeOffset at)
    {
        var (day, weekday) = (_fields[2][at.Day], _fields[4][(int)at.DayOfWeek]);
        return _anyDay || _anyWeekday ? day && weekday : day || weekday;
    }

    // *, */5, 3, 1-5, 0-30/10, and these with ',' between them.
    static bool[]? Field(string text, int first, int last)
    {
        var set = new bool[last + 1];
        foreach (var item in text.Split(','))
        {
            var step = item.Split('/');
            var by = 1;
            if (step.Length > 2 || (step.Length == 2 && (!int.TryParse(step[1], NumberStyles.None, CultureInfo.InvariantCulture, out by) || by == 0))) return null;
            var (from, to) = (first, last);
            if (step[0] != "*")
            {
                var range = step[0].Split('-');
                if (range.Length > 2 || !int.TryParse(range[0], NumberStyles.None, CultureInfo.InvariantCulture, out from)) return null;
                to = step.Length == 2 && range.Length == 1 ? last : from;
                if (range.Length == 2 && !int.TryParse(range[1], NumberStyles.None, CultureInfo.InvariantCulture, out to)) return null;
            }
            if (from < first || to > last || from > to) return null;
            for (var value = from; value <= to; value += by) set[value] = true;
        }
        return set;
    }
}
