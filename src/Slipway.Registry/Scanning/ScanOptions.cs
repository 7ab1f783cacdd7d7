namespace Slipway.Registry.Scanning;

/// <summary>How scans are carried out.</summary>
public sealed record ScanOptions
{
    /// <summary>Scans at the same time, of all servers together. Default: 2.</summary>
    public int Parallel { get; init; } = 2;

    /// <summary>From the adapter's promise to its report; and how long its token may pull, at most. Default: 30 minutes.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>Until the adapter answers one request with a head. Default: 30 s.</summary>
    public TimeSpan Answer { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>For the body of one answer. Default: 5 minutes.</summary>
    public TimeSpan Body { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>Bytes of a report. Default: 64 MiB.</summary>
    public long MaxReportBytes { get; init; } = 64L << 20;

    /// <summary>Findings of a report that are kept, the worst; the counts are of all. Who asks for them has them all in memory for a moment. Default: 20,000.</summary>
    public int MaxFindings { get; init; } = 20_000;

    /// <summary>Tries of one scan in all. Default: 6.</summary>
    public int Tries { get; init; } = 6;

    /// <summary>Wait after the first failure; four times as long after each one more, up to <see cref="LongestWait"/>. Default: 10 s.</summary>
    public TimeSpan FirstWait { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Default: 1 hour.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Wait before the report is asked for the first time; doubles up to <see cref="LongestPoll"/>, unless the adapter says when. Default: 1 s.</summary>
    public TimeSpan FirstPoll { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Default: 15 s.</summary>
    public TimeSpan LongestPoll { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>How often the log and the queue are looked at. Default: 2 s.</summary>
    public TimeSpan Look { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often it is looked for tagged images whose report is too old or missing. Default: 5 minutes.</summary>
    public TimeSpan Sweep { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a scan waits for a server that died with it. Default: 1 minute.</summary>
    public TimeSpan Claim { get; init; } = TimeSpan.FromMinutes(1);
}
