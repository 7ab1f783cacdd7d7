using Slipway.Model;

namespace Slipway.Releases.Canary;

/// <summary>Times of answers as the gateway counts them: by <see cref="ReleaseTraffic.LatencyBuckets"/>, the last bucket holding the rest.</summary>
static class Histogram
{
    static readonly IReadOnlyList<double> Bounds = ReleaseTraffic.LatencyBuckets;

    /// <summary>A quantile in milliseconds, evenly spread within its bucket; null without requests.</summary>
    public static double? Quantile(IReadOnlyList<long> counts, double quantile)
    {
        var all = counts.Sum();
        if (all <= 0) return null;
        var rank = Math.Max(1, (long)Math.Ceiling(all * quantile));
        var (bucket, before) = BucketOf(counts, rank);
        var (low, high) = EdgesOf(bucket);
        return double.IsPositiveInfinity(high) ? low : low + (high - low) * (rank - before) / counts[bucket];
    }

    /// <summary>Where the value of this rank (from 1) lies: above low, and at most high.</summary>
    public static (double Low, double High) EdgesAt(IReadOnlyList<long> counts, long rank) => rank <= 0 ? (0, EdgesOf(0).High) : EdgesOf(BucketOf(counts, rank).Bucket);

    static (int Bucket, long Before) BucketOf(IReadOnlyList<long> counts, long rank)
    {
        long before = 0;
        for (var i = 0; i < counts.Count; i++)
        {
            if (before + counts[i] >= rank) return (i, before);
            before += counts[i];
        }
        return (counts.Count - 1, before - counts[^1]);
    }

    static (double Low, double High) EdgesOf(int bucket) =>
        (bucket == 0 ? 0 : Bounds[bucket - 1], bucket < Bounds.Count ? Bounds[bucket] : double.PositiveInfinity);
}
