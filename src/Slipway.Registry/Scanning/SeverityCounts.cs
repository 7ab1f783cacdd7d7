using System.Text.Json.Serialization;

namespace Slipway.Registry.Scanning;

/// <summary>How many vulnerabilities of each severity.</summary>
public sealed record SeverityCounts
{
    public long Critical { get; init; }

    public long High { get; init; }

    public long Medium { get; init; }

    public long Low { get; init; }

    public long Negligible { get; init; }

    public long Unknown { get; init; }

    [JsonIgnore]
    public long Total => Critical + High + Medium + Low + Negligible + Unknown;

    /// <summary>The highest of which there is one.</summary>
    [JsonIgnore]
    public Severity Worst =>
        Critical > 0 ? Severity.Critical : High > 0 ? Severity.High : Medium > 0 ? Severity.Medium : Low > 0 ? Severity.Low
        : Negligible > 0 ? Severity.Negligible : Unknown > 0 ? Severity.Unknown : Severity.None;

    public static SeverityCounts Of(IEnumerable<Finding> findings)
    {
        var counts = new long[(int)Severity.Critical + 1];
        foreach (var finding in findings) counts[(int)finding.Severity]++;
        return new SeverityCounts
        {
            Critical = counts[(int)Severity.Critical], High = counts[(int)Severity.High], Medium = counts[(int)Severity.Medium],
            Low = counts[(int)Severity.Low], Negligible = counts[(int)Severity.Negligible], Unknown = counts[(int)Severity.Unknown],
        };
    }

    /// <summary>Which of two is worse: one more critical one outweighs any number of those below.</summary>
    internal int CompareTo(SeverityCounts other)
    {
        foreach (var (one, two) in ((long, long)[])[(Critical, other.Critical), (High, other.High), (Medium, other.Medium), (Low, other.Low), (Negligible, other.Negligible), (Unknown, other.Unknown)])
            if (one != two) return one.CompareTo(two);
        return 0;
    }

    /// <summary>2 critical, 5 high; or none</summary>
    public override string ToString() => string.Join(", ", ((long Count, string Word)[])
        [(Critical, "critical"), (High, "high"), (Medium, "medium"), (Low, "low"), (Negligible, "negligible"), (Unknown, "unknown")]
        is var all && all.Any(one => one.Count > 0) ? all.Where(one => one.Count > 0).Select(one => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{one.Count} {one.Word}")) : ["none"]);
}
