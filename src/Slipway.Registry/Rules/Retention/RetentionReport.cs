namespace Slipway.Registry.Rules.Retention;

/// <summary>What a run has removed, or in a dry run would remove.</summary>
public sealed record RetentionReport
{
    public required string Project { get; init; }

    public bool DryRun { get; init; }

    public long TagsKept { get; init; }

    public long TagsRemoved { get; init; }

    /// <summary>Manifests: images, and indexes with what belongs to them.</summary>
    public long ManifestsRemoved { get; init; }

    /// <summary>Bytes of the blobs that only they refer to: what garbage collection then frees.</summary>
    public long FreedBytes { get; init; }

    /// <summary>In a dry run every repository and every tag; of a run those of which something went, and at most 10,000 tags.</summary>
    public IReadOnlyList<RepositoryRetention> Repositories { get; init; } = [];
}

public sealed record RepositoryRetention
{
    public required string Repository { get; init; }

    public long ManifestsRemoved { get; init; }

    public IReadOnlyList<TagRetention> Tags { get; init; } = [];
}

/// <param name="Keeps">False: it goes.</param>
/// <param name="Reason">The rule that keeps it, or why it goes.</param>
public sealed record TagRetention(string Tag, string Digest, bool Keeps, string Reason);

/// <summary>A run that was made.</summary>
public sealed record RetentionRun
{
    public long Id { get; init; }

    /// <summary>Who asked for it; slipway where the clock did.</summary>
    public required string Actor { get; init; }

    public DateTimeOffset Started { get; init; }

    /// <summary>Null while it runs, and where it was cut off: what it had removed by then stays removed, and the next run does the rest.</summary>
    public DateTimeOffset? Ended { get; init; }

    public RetentionReport? Report { get; init; }
}
