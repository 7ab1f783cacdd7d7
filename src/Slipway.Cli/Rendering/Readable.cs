using System.Text;
using Slipway.Model;

namespace Slipway.Cli.Rendering;

/// <summary>Values as people read them.</summary>
static class Readable
{
    const int LongestValue = 60;

    /// <summary>85 ms, 3.2 s, 2 min 5 s, 3 h 20 min, 12 days.</summary>
    public static string Duration(TimeSpan time) => time.Duration() switch
    {
        { TotalSeconds: < 0.9995 } t => $"{t.TotalMilliseconds:0} ms",
        { TotalSeconds: < 59.95 } t => $"{t.TotalSeconds:0.0} s",
        { TotalMinutes: < 60 } t => $"{(int)t.TotalMinutes} min {t.Seconds} s",
        { TotalHours: < 24 } t => $"{(int)t.TotalHours} h {t.Minutes} min",
        { TotalDays: < 2 } t => $"1 day {t.Hours} h",
        var t => $"{(int)t.TotalDays} days",
    };

    /// <summary>As the file says it: 90 s, 2 min, 1 h.</summary>
    public static string Span(TimeSpan time) => time switch
    {
        { Ticks: > 0 } when time.Ticks % TimeSpan.TicksPerHour == 0 => FormattableString.Invariant($"{time.TotalHours:0} h"),
        { Ticks: > 0 } when time.Ticks % TimeSpan.TicksPerMinute == 0 => FormattableString.Invariant($"{time.TotalMinutes:0} min"),
        _ => FormattableString.Invariant($"{time.TotalSeconds:0.##} s"),
    };

    /// <summary>A weight of 10,000 as a percentage.</summary>
    public static string Share(int weight) => FormattableString.Invariant($"{weight / 100.0:0.##}%");

    /// <summary>0.004 as 0.4%.</summary>
    public static string Percent(double share) => FormattableString.Invariant($"{share * 100:0.##}%");

    public static string Milliseconds(double? time) => time is { } known ? FormattableString.Invariant($"{known:0.#} ms") : "-";

    public static string Ago(DateTimeOffset then, DateTimeOffset now) => then > now ? "now" : Coarse(now - then) + " ago";

    /// <summary>1.5 GB; powers of 1000, as disks are sold.</summary>
    public static string Bytes(long bytes)
    {
        string[] units = ["B", "kB", "MB", "GB", "TB", "PB"];
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 999.5 && unit < units.Length - 1; unit++) value /= 1000;
        return unit == 0 || value >= 99.5 ? $"{value:0} {units[unit]}" : $"{value:0.0} {units[unit]}";
    }

    /// <summary>What a key had or has, in a column: one line, cut where it is long; --json has it whole.</summary>
    public static string Value(string value)
    {
        var line = Line(ShortImage(value.ReplaceLineEndings(" ")));
        return line.Length <= LongestValue ? line : line[..(LongestValue - 1)] + "…";
    }

    /// <summary>sha256:0123456789ab: enough of a digest to tell it apart.</summary>
    public static string ShortImage(string image)
    {
        var at = image.IndexOf("@sha256:", StringComparison.Ordinal);
        return at >= 0 && image.Length > at + 20 ? image[..(at + 20)] : image;
    }

    /// <summary>
    /// A line from a build or an instance, safe to show: tabs become spaces, what a carriage return overwrote is left out,
    /// and no escape sequence or control character reaches the terminal.
    /// </summary>
    public static string Line(string text)
    {
        var end = text.TrimEnd('\r', '\n');
        var shown = end[(end.LastIndexOf('\r') + 1)..];
        if (!shown.Any(char.IsControl)) return shown;
        var clean = new StringBuilder();
        for (var i = 0; i < shown.Length; i++)
        {
            if (shown[i] == '\t') clean.Append("    ");
            else if (shown[i] == '\e') i = EndOfEscape(shown, i);
            else if (!char.IsControl(shown[i])) clean.Append(shown[i]);
        }
        return clean.ToString();
    }

    public static string State(RolloutState state) => state switch
    {
        RolloutState.RollingBack => "rolling back",
        RolloutState.RolledBack => "rolled back",
        _ => state.ToString().ToLowerInvariant(),
    };

    /// <summary>Index of the sequence's last character (ECMA-48: CSI ends with @ to ~, OSC with BEL or ST, others have two characters).</summary>
    static int EndOfEscape(string text, int start)
    {
        var i = start + 1;
        if (i >= text.Length) return start;
        if (text[i] == '[')
        {
            for (i++; i < text.Length && text[i] is < '@' or > '~'; i++) ;
            return Math.Min(i, text.Length - 1);
        }
        if (text[i] == ']')
        {
            for (i++; i < text.Length && text[i] != '\a' && !(text[i] == '\\' && text[i - 1] == '\e'); i++) ;
            return Math.Min(i, text.Length - 1);
        }
        return i;
    }

    static string Coarse(TimeSpan time) => time switch
    {
        { TotalMinutes: < 1 } t => $"{(int)t.TotalSeconds} s",
        { TotalHours: < 1 } t => $"{(int)t.TotalMinutes} min",
        { TotalDays: < 1 } t => $"{(int)t.TotalHours} h",
        { TotalDays: < 2 } => "1 day",
        var t => $"{(int)t.TotalDays} days",
    };
}
