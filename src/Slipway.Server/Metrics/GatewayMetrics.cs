using System.Globalization;
using System.Text;
using Slipway.Model;
using Slipway.Releases;

namespace Slipway.Server.Metrics;

/// <summary>
/// What the gateways count, as Prometheus reads it. Asked of them when somebody reads: they count in their own process, whether a server runs or not.
/// </summary>
sealed class GatewayMetrics(IGateways gateways)
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>Of the gateways' bounds those that people look at, in milliseconds: fifty for each class of each release would be more than they do.</summary>
    static readonly double[] Bounds = [1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1000, 2500, 5000, 10000, 25000];

    /// <returns>Nothing where no gateway answers.</returns>
    public async Task<string> Write(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            return Text(await gateways.Report(limit.Token));
        }
        catch (Exception away) when (away is GatewayUnavailableException or OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return "";
        }
    }

    internal static string Text(IReadOnlyList<GatewayReport> reports)
    {
        var (text, releases) = (new StringBuilder(), reports.SelectMany(report => report.Releases).ToList());
        Histograms(text, "slipway_gateway_request_duration_seconds", "Requests by the release that they went to and how they ended; the sum is estimated from the buckets",
            releases.Where(traffic => traffic.Times is not null).Select(traffic => (traffic, traffic.Times!)));
        Histograms(text, "slipway_gateway_mirrored_request_duration_seconds", "Copies of requests, which nobody saw the answers of; the sum is estimated from the buckets",
            releases.Where(traffic => traffic.Mirrored is not null).Select(traffic => (traffic, traffic.Mirrored!.Times)));
        var copied = releases.Where(traffic => traffic.Mirrored is not null).ToList();
        if (copied.Count > 0) Head(text, "slipway_gateway_mirrored_requests_dropped_total", "Requests that should have been copied and were not: too many copies were under way, or the body was too large", "counter");
        foreach (var release in copied.GroupBy(Labels).OrderBy(group => group.Key, StringComparer.Ordinal))
            text.Append(CultureInfo.InvariantCulture, $"slipway_gateway_mirrored_requests_dropped_total{{{release.Key}}} {release.Sum(traffic => traffic.Mirrored!.Dropped)}\n");
        Counter(text, "slipway_gateway_unrouted_requests_total", "Requests for which there is no route", reports.Sum(report => report.Unrouted));
        Counter(text, "slipway_gateway_log_lines_dropped_total", "Lines of the access log that were dropped because the disk was too slow", reports.Sum(report => report.LogLinesDropped));
        return text.ToString();
    }

    static void Histograms(StringBuilder text, string name, string help, IEnumerable<(ReleaseTraffic Of, AnswerTimes Times)> parts)
    {
        var series = parts.SelectMany(part => part.Times.Classes.Select(c => (Labels: $"{Labels(part.Of)},class=\"{c.Class}\"", c.Counts)))
            .Where(one => one.Counts.Count == ReleaseTraffic.LatencyBuckets.Count + 1)
            .GroupBy(one => one.Labels).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        if (series.Count > 0) Head(text, name, help, "histogram");
        foreach (var one in series) Histogram(text, name, one.Key, [.. one.Select(part => part.Counts)]);
    }

    static void Histogram(StringBuilder text, string name, string labels, IReadOnlyList<IReadOnlyList<long>> parts)
    {
        var (count, sum, low, next) = (0L, 0.0, 0.0, 0);
        for (var bucket = 0; bucket <= ReleaseTraffic.LatencyBuckets.Count; bucket++)
        {
            var (here, isLast) = (parts.Sum(part => part[bucket]), bucket == ReleaseTraffic.LatencyBuckets.Count);
            var high = isLast ? low : ReleaseTraffic.LatencyBuckets[bucket];
            count += here;
            sum += here * (low + high) / 2;
            low = high;
            if (!isLast && next < Bounds.Length && Bounds[next] == high)
                text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"{Bounds[next++] / 1000}\"}} {count}\n");
        }
        text.Append(CultureInfo.InvariantCulture, $"{name}_bucket{{{labels},le=\"+Inf\"}} {count}\n{name}_sum{{{labels}}} {sum / 1000:0.######}\n{name}_count{{{labels}}} {count}\n");
    }

    static void Counter(StringBuilder text, string name, string help, long value)
    {
        Head(text, name, help, "counter");
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    static void Head(StringBuilder text, string name, string help, string type) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    // Names of apps and services have no character that would have to be escaped.
    static string Labels(ReleaseTraffic traffic) => string.Create(CultureInfo.InvariantCulture, $"app=\"{traffic.App}\",service=\"{traffic.Service}\",release=\"{traffic.Release}\"");
}
