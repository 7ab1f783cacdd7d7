namespace Slipway.Releases.Sites;

/// <summary>How large one site may be: what an image holds is somebody else's, and the disk is everybody's.</summary>
sealed record SiteLimits
{
    /// <summary>Files and folders, those that links lead to counted each time.</summary>
    public int Entries { get; init; } = 100_000;

    /// <summary>Bytes of content, as it stands in the image.</summary>
    public long Bytes { get; init; } = 4L << 30;

    /// <summary>Characters of a path below the root.</summary>
    public int Path { get; init; } = 1024;

    /// <summary>Folders within each other.</summary>
    public int Depth { get; init; } = 64;
}
