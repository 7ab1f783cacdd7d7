namespace Slipway.Registry.GarbageCollection;

/// <summary>When and how garbage is collected.</summary>
public sealed record CollectionOptions
{
    /// <summary>From the end of one collection to the start of the next; zero: only when asked. Default: one day.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromDays(1);

    /// <summary>How old bytes without a row must be before they are taken for the leftover of a crash. Default: one day.</summary>
    public TimeSpan StrayAge { get; init; } = TimeSpan.FromDays(1);

    /// <summary>
    /// Collects manifests that have had no tag for so long, are in no index, and are attached to nothing. Null: none of them. Default: null.
    /// </summary>
    public TimeSpan? UntaggedAfter { get; init; }

    /// <summary>Whether these are also manifests (signatures, SBOMs) whose subject is gone. Default: no.</summary>
    public bool GoneSubjects { get; init; }

    /// <summary>How long the claim of a server that died holds up the others. Default: one minute.</summary>
    public TimeSpan Claim { get; init; } = TimeSpan.FromMinutes(1);
}
