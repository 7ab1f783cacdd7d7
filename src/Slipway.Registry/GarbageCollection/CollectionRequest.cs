namespace Slipway.Registry.GarbageCollection;

/// <summary>What one collection is asked to do; what is null is as the options say.</summary>
public sealed record CollectionRequest
{
    /// <summary>Only tells what it would do.</summary>
    public bool DryRun { get; init; }

    /// <summary>As <see cref="CollectionOptions.UntaggedAfter"/>.</summary>
    public TimeSpan? UntaggedAfter { get; init; }

    /// <summary>As <see cref="CollectionOptions.GoneSubjects"/>.</summary>
    public bool? GoneSubjects { get; init; }

    /// <summary>Deletes strays also where they are a large part of the store (see <see cref="CollectionReport.StraysKept"/>).</summary>
    public bool AllStrays { get; init; }
}
