using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>What one release did within a window, whole: the judge's evidence.</summary>
sealed record ArmCounts
{
    public static ArmCounts None { get; } = new() { Requests = 0, Errors = 0, Latency = [.. new long[ReleaseTraffic.LatencyBuckets.Count + 1]] };

    public required long Requests { get; init; }

    /// <summary>Answers of class 5xx and requests that the gateway had to answer itself; never more than all.</summary>
    public required long Errors { get; init; }

    /// <summary>By <see cref="ReleaseTraffic.LatencyBuckets"/>, and one for the rest; of what was served: see <see cref="AnswerTimes.Served"/>.</summary>
    public required IReadOnlyList<long> Latency { get; init; }

    public int Restarts { get; init; }

    /// <summary>Copies that were not made though they should have been; of no other arm.</summary>
    public long Dropped { get; init; }

    /// <summary>How often each goal of an experiment was reached; null: none was, or there are none.</summary>
    public IReadOnlyDictionary<string, long>? Goals { get; init; }

    /// <summary>The same by groups of users; null where there are no goals, or a gateway of an older version counted.</summary>
    public UserGroups? Groups { get; init; }

    public double ErrorRate => Requests == 0 ? 0 : (double)Errors / Requests;

    public double? P99 => Histogram.Quantile(Latency, Quantile);

    public const double Quantile = 0.99;

    public CanaryArm Arm(int release) => new() { Release = release, Requests = Requests, Errors = Errors, P99 = P99 is { } p99 ? Math.Round(p99, 1) : null, Restarts = Restarts };
}
