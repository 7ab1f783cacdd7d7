namespace Slipway.Registry.Verifying;

/// <summary>What a verification tells: how far it is, something it found, or at the end what it came to. One of the three is set.</summary>
public sealed record VerifyLine
{
    public VerifyProgress? Progress { get; init; }

    public VerifyFinding? Finding { get; init; }

    public VerifyReport? Report { get; init; }
}

/// <param name="Blobs">Re-read so far, of <paramref name="AllBlobs"/>.</param>
/// <param name="Bytes">Re-read so far, of <paramref name="AllBytes"/>.</param>
public sealed record VerifyProgress(long Blobs, long AllBlobs, long Bytes, long AllBytes);

public sealed record VerifyFinding
{
    /// <summary>
    /// "missing": the store does not have it. "damaged": it has other bytes. "unreadable": it could not be read just now. "incomplete": a manifest
    /// refers to something that its repository does not have.
    /// </summary>
    public required string Kind { get; init; }

    /// <summary>"blob" or "manifest".</summary>
    public required string Target { get; init; }

    public required string Digest { get; init; }

    /// <summary>What exactly is wrong, for people.</summary>
    public required string Detail { get; init; }

    /// <summary>It is not served, so that the next push brings it back.</summary>
    public bool Withdrawn { get; init; }

    /// <summary>Who refers to it; the first of them where there are very many.</summary>
    public IReadOnlyList<VerifyUse> Uses { get; init; } = [];

    /// <summary>Uses that are not listed.</summary>
    public long MoreUses { get; init; }
}

/// <param name="Manifest">Digest of the manifest that refers to it; null where the repository has it and no manifest refers to it.</param>
/// <param name="Tags">Of that manifest, and of the indexes that it is in.</param>
public sealed record VerifyUse(string Repository, string? Manifest, IReadOnlyList<string> Tags);

public sealed record VerifyReport
{
    public DateTimeOffset Started { get; init; }

    public DateTimeOffset Ended { get; init; }

    public long Blobs { get; init; }

    public long Bytes { get; init; }

    public long Manifests { get; init; }

    public long Missing { get; init; }

    public long Damaged { get; init; }

    public long Unreadable { get; init; }

    public long Incomplete { get; init; }

    /// <summary>Blobs that were withdrawn by this verification.</summary>
    public long Withdrawn { get; init; }

    /// <summary>Blobs that had been withdrawn and were found whole.</summary>
    public long Restored { get; init; }

    public bool Clean => Missing + Damaged + Unreadable + Incomplete == 0;
}
