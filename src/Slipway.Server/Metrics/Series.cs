using System.Globalization;
using System.Text;

namespace Slipway.Server.Metrics;

/// <summary>One time series: a sum, and for a histogram how many values lay in which bucket. Thread-safe without a lock.</summary>
sealed class Series(double[] bounds)
{
    readonly long[] _buckets = new long[bounds.Length + 1];
    double _sum;

    public double Sum => Volatile.Read(ref _sum);

    public void Set(double value) => Volatile.Write(ref _sum, value);

    public void Add(double value)
    {
        if (_buckets.Length > 1)
        {
            var bucket = Array.BinarySearch(bounds, value);
            Interlocked.Increment(ref _buckets[bucket < 0 ? ~bucket : bucket]);
        }
        double before, after;
        do
        {
            before = Volatile.Read(ref _sum);
            after = before + value;
        }
        while (BitConverter.DoubleToInt64Bits(Interlocked.CompareExchange(ref _sum, after, before)) != BitConverter.DoubleToInt64Bits(before));
    }

    /// <summary>Buckets are cumulative, and the last one is +Inf.</summary>
    public void WriteHistogram(StringBuilder text, string name, string labels)
    {
        var comma = labels.Length == 0 ? "" : ",";
        long count = 0;
        for (var i = 0; i < _buckets.Length; i++)
        {
            count += Volatile.Read(ref _buckets[i]);
            var bound = i < bounds.Length ? bounds[i].ToString(CultureInfo.InvariantCulture) : "+Inf";
            text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels}{comma}le=\"{bound}\"}} {count}\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"{name}_sum{Metric.Braced(labels)} {Sum}\n{name}_count{Metric.Braced(labels)} {count}\n");
    }
}
