namespace Slipway.Registry.Scanning;

/// <summary>A vulnerability of a package in an image (Harbor Scanner Adapter API 1.2, "VulnerabilityItem").</summary>
public sealed record Finding
{
    /// <summary>CVE-2023-4911, GHSA-..., or the vendor's own.</summary>
    public required string Id { get; init; }

    public required Severity Severity { get; init; }

    public required string Package { get; init; }

    /// <summary>The version that is installed.</summary>
    public string Version { get; init; } = "";

    /// <summary>The version that has it mended; null where there is none yet.</summary>
    public string? FixedVersion { get; init; }

    /// <summary>Where it is described: http or https.</summary>
    public string? Link { get; init; }

    /// <summary>CVSS 3 base score, 0 to 10, where the scanner tells one.</summary>
    public double? Score { get; init; }

    /// <summary>Its beginning, as the scanner tells it.</summary>
    public string? Description { get; init; }

    /// <summary>Of an index: in the images for which platforms (linux/amd64, or a digest where the index does not say). Else empty.</summary>
    public IReadOnlyList<string> Platforms { get; init; } = [];
}

/// <summary>What was found in an image, a page of it, the worst first.</summary>
public sealed record FindingReport
{
    /// <summary>team/app@sha256:...</summary>
    public required string Image { get; init; }

    public required ScanSummary Scan { get; init; }

    public required IReadOnlyList<Finding> Findings { get; init; }

    /// <summary>How many there are in all of the severities that were asked for.</summary>
    public required int Total { get; init; }

    /// <summary>Where the next page begins: <c>after</c> of the next request; null at the end.</summary>
    public int? Next { get; init; }
}
