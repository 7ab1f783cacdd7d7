using System.Data.Common;
using Dapper;

namespace Slipway.Registry.Scanning;

/// <summary>A row of registry_scan_reports without its findings.</summary>
sealed record ScanReportRow
{
    const int Page = 500;

    public long ManifestId { get; init; }

    public string Digest { get; init; } = "";

    public string Scanned { get; init; } = "";

    public string Scanner { get; init; } = "";

    public long Critical { get; init; }

    public long High { get; init; }

    public long Medium { get; init; }

    public long Low { get; init; }

    public long Negligible { get; init; }

    public long Unknown { get; init; }

    public long Fixable { get; init; }

    public SeverityCounts Counts => new() { Critical = Critical, High = High, Medium = Medium, Low = Low, Negligible = Negligible, Unknown = Unknown };

    /// <summary>The newest report of each digest, in whichever repository it was made.</summary>
    public static Dictionary<string, ScanReportRow> Newest(DbConnection connection, IEnumerable<string> digests)
    {
        var newest = new Dictionary<string, ScanReportRow>(StringComparer.Ordinal);
        foreach (var some in digests.Distinct().Chunk(Page))
            foreach (var row in connection.Query<ScanReportRow>(
                "SELECT manifest_id, digest, scanned, scanner, critical, high, medium, low, negligible, unknown, fixable FROM registry_scan_reports WHERE digest IN @some ORDER BY scanned, manifest_id",
                new { some }))
                newest[row.Digest] = row;
        return newest;
    }
}
