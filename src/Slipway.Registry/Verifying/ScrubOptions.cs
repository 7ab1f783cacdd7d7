namespace Slipway.Registry.Verifying;

/// <summary>How stored blobs are re-read in the background, all of them in the course of days.</summary>
public sealed record ScrubOptions
{
    /// <summary>Bytes that are re-read in a second; 0: none, the scrub is off. Default: 8 MiB, which is 675 GiB a day.</summary>
    public long BytesPerSecond { get; init; } = 8L << 20;

    /// <summary>From the end of one pass over all blobs to the start of the next. Default: seven days.</summary>
    public TimeSpan Interval { get; init; } = TimeSpan.FromDays(7);
}
