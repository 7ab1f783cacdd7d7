using System.Globalization;
using System.Text.RegularExpressions;

namespace Slipway.Registry.Rules.Retention;

/// <summary>A tag that is a version: 1.2.3, v1.2.3-rc.1 (SemVer 2.0.0; a tag can't have build metadata). Ordered by precedence (section 11).</summary>
sealed partial record SemanticVersion(long Major, long Minor, long Patch, string PreRelease) : IComparable<SemanticVersion>
{
    public static SemanticVersion? TryParse(string tag)
    {
        var match = Grammar().Match(tag);
        return match.Success ? new SemanticVersion(Number(match.Groups[1].ValueSpan), Number(match.Groups[2].ValueSpan), Number(match.Groups[3].ValueSpan), match.Groups[4].Value) : null;
    }

    public int CompareTo(SemanticVersion? other)
    {
        if (other is null) return 1;
        var order = (Major, Minor, Patch).CompareTo((other.Major, other.Minor, other.Patch));
        if (order != 0) return order;
        // A version without a pre-release is the higher one.
        if (PreRelease.Length == 0 || other.PreRelease.Length == 0) return other.PreRelease.Length.CompareTo(PreRelease.Length);
        var (mine, others) = (PreRelease.Split('.'), other.PreRelease.Split('.'));
        for (var i = 0; i < Math.Min(mine.Length, others.Length); i++)
        {
            var (a, b) = (long.TryParse(mine[i], NumberStyles.None, CultureInfo.InvariantCulture, out var x), long.TryParse(others[i], NumberStyles.None, CultureInfo.InvariantCulture, out var y));
            order = (a, b) switch { (true, true) => x.CompareTo(y), (true, false) => -1, (false, true) => 1, _ => string.CompareOrdinal(mine[i], others[i]) };
            if (order != 0) return order;
        }
        return mine.Length.CompareTo(others.Length);
    }

    static long Number(ReadOnlySpan<char> text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^v?(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})\.(0|[1-9][0-9]{0,17})(?:-([0-9A-Za-z.-]+))?\z", RegexOptions.CultureInvariant)]
    private static partial Regex Grammar();
}
