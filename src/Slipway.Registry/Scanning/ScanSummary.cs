using Slipway.Model;

namespace Slipway.Registry.Scanning;

/// <summary>
/// How far the scan of an image has come.
/// <code>
/// None ──► Queued ──► Running ──► Done ──► Queued (by age, on request, pushed again)
///            ▲           │
///            └─ waits ───┴──► Failed ──► Queued (by age, on request)
/// </code>
/// </summary>
public enum ScanState
{
    /// <summary>Never asked for.</summary>
    None,
    Queued,
    Running,
    Done,

    /// <summary>Given up; the reason says why. A report of before stays.</summary>
    Failed,
}

/// <summary>
/// What is known of an image's vulnerabilities. Of an index it is over its images for all platforms that are here: state and time are those of the one that is
/// furthest behind, counts those of the one that is worst.
/// </summary>
public sealed record ScanSummary
{
    public required ScanState State { get; init; }

    /// <summary>When the report was made, of an index the oldest one; null as long as an image of it has none. While a new scan is under way the report of before counts.</summary>
    public DateTimeOffset? Scanned { get; init; }

    /// <summary>Trivy 0.72.0</summary>
    public string? Scanner { get; init; }

    /// <summary>The highest severity that was found; None where nothing was, or where there is no report: look at <see cref="Scanned"/> first.</summary>
    public Severity Worst { get; init; }

    public SeverityCounts Counts { get; init; } = new();

    /// <summary>How many of them have a version that has them mended.</summary>
    public long Fixable { get; init; }

    /// <summary>Why the last scan failed, or what it waits for.</summary>
    public string? Reason { get; init; }

    /// <summary>Of an index: its images, one by one.</summary>
    public IReadOnlyList<PlatformScan> Platforms { get; init; } = [];
}

/// <param name="Platform">linux/arm64/v8, or null where the index does not say.</param>
public sealed record PlatformScan(string? Platform, Digest Digest, ScanSummary Scan);
