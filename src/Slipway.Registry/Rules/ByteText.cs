using System.Globalization;

namespace Slipway.Registry.Rules;

/// <summary>Bytes as people read them: 1.5 GB; powers of 1000.</summary>
static class ByteText
{
    static readonly string[] Units = ["B", "kB", "MB", "GB", "TB", "PB"];

    public static string Of(long bytes)
    {
        var (value, unit) = ((double)bytes, 0);
        for (; value >= 999.5 && unit < Units.Length - 1; unit++) value /= 1000;
        return value.ToString(unit == 0 || value >= 99.5 ? "0" : "0.0", CultureInfo.InvariantCulture) + " " + Units[unit];
    }
}
