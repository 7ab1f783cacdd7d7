namespace Slipway.Model;

/// <summary>
/// The files of one static service, taken out of an image: what stands at the end of the one file that holds their content (<see cref="SitePack"/>).
/// Names are keys and never become paths of the machine.
/// </summary>
public sealed record SiteIndex
{
    public required StaticFiles Settings { get; init; }

    /// <summary>In the order of their paths.</summary>
    public required IReadOnlyList<SiteFile> Files { get; init; }
}

/// <summary>One file of a site, as what it is and as what it was encoded to.</summary>
public sealed record SiteFile
{
    /// <summary>Below the root, decoded, beginning with a slash: /assets/app.js</summary>
    public required string Path { get; init; }

    /// <summary>Seconds since 1970.</summary>
    public required long Modified { get; init; }

    public required SiteBytes Plain { get; init; }

    /// <summary>Null: there is none, or it would not be smaller.</summary>
    public SiteBytes? Brotli { get; init; }

    public SiteBytes? Gzip { get; init; }
}

/// <summary>Where some bytes stand in the pack.</summary>
/// <param name="Hash">The first 32 hexadecimal digits of their SHA-256: equal means the same bytes, which is what a strong entity tag says.</param>
public sealed record SiteBytes(long Offset, long Length, string Hash);
