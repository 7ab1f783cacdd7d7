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
        var (text, releases, breakers) = (new StringBuilder(), reports.SelectMany(report => report.Releases).ToList(), reports.SelectMany(report => report.Breakers).ToList());
        Histograms(text, "slipway_gateway_request_duration_seconds", "Requests by the release that they went to and how they ended; the sum is estimated from the buckets",
            releases.Where(traffic => traffic.Times is not null).Select(traffic => (traffic, traffic.Times!)));
        Histograms(text, "slipway_gateway_mirrored_request_duration_seconds", "Copies of requests, which nobody saw the answers of; the sum is estimated from the buckets",
            releases.Where(traffic => traffic.Mirrored is not null).Select(traffic => (traffic, traffic.Mirrored!.Times)));
        Series(text, "slipway_gateway_mirrored_requests_dropped_total", "Requests that should have been copied and were not: too many copies were under way, or the body was too large", "counter",
            releases.Where(traffic => traffic.Mirrored is not null).Select(traffic => (Labels(traffic), traffic.Mirrored!.Dropped)));
        Series(text, "slipway_gateway_retries_total", "Requests that were sent once more though an instance had them", "counter", releases.Select(traffic => (Labels(traffic), traffic.Retries)));
        Series(text, "slipway_gateway_retries_denied_total", "Requests that were not sent once more because the budget was spent", "counter", releases.Select(traffic => (Labels(traffic), traffic.RetriesDenied)));
        var streams = releases.Where(traffic => traffic.Stream is not null).ToList();
        Series(text, "slipway_gateway_connections_total", "TCP connections and UDP flows by the release that they went to", "counter", streams.Select(traffic => (OfStream(traffic), traffic.Requests)));
        Series(text, "slipway_gateway_connections_failed_total", "Connections that no instance of the release took, or that one reset", "counter", streams.Select(traffic => (OfStream(traffic), traffic.Failed)));
        Series(text, "slipway_gateway_received_bytes_total", "Bytes from clients of TCP connections and UDP flows", "counter", streams.Select(traffic => (OfStream(traffic), traffic.Received)));
        Series(text, "slipway_gateway_sent_bytes_total", "Bytes to clients of TCP connections and UDP flows", "counter", streams.Select(traffic => (OfStream(traffic), traffic.Sent)));
        Single(text, "slipway_gateway_open_connections", "TCP connections and UDP flows that are open now", "gauge", reports.Sum(report => report.Instances.Sum(i => (long)i.Connections)));
        Series(text, "slipway_gateway_breakers_open", "Circuit breakers that are open or half-open", "gauge", breakers.Select(breaker => (Labels(breaker), breaker.State == "closed" ? 0L : 1)));
        Series(text, "slipway_gateway_breaker_refused_requests_total", "Requests that a circuit breaker answered", "counter", breakers.Select(breaker => (Labels(breaker), breaker.Refused)));
        Series(text, "slipway_gateway_turned_away_requests_total", "Requests that their route did not let to an instance", "counter",
            reports.SelectMany(report => report.TurnedAway).Select(one => ($"app=\"{one.App}\",service=\"{one.Service}\",reason=\"{one.Reason}\"", one.Requests)));
        Series(text, "slipway_gateway_refused_requests_total", "Requests that were refused before a route was looked for", "counter",
            reports.SelectMany(report => report.Refused).Select(one => ($"reason=\"{one.Key}\"", one.Value)));
        Single(text, "slipway_gateway_unrouted_requests_total", "Requests for which there is no route", "counter", reports.Sum(report => report.Unrouted));
        Single(text, "slipway_gateway_log_lines_dropped_total", "Lines of the access log that were dropped because the disk was too slow", "counter", reports.Sum(report => report.LogLinesDropped));
        Single(text, "slipway_gateway_unhealthy_instances", "Instances that fail the checks of a gateway", "gauge", reports.Sum(report => report.Instances.Count(i => i.Unhealthy is not null)));
        Single(text, "slipway_gateway_ejected_instances", "Instances that a gateway leaves alone because they kept failing", "gauge", reports.Sum(report => report.Instances.Count(i => i.Ejected)));
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

    /// <summary>What several gateways count of one thing is its sum.</summary>
    static void Series(StringBuilder text, string name, string help, string type, IEnumerable<(string Labels, long Value)> values)
    {
        var series = values.GroupBy(one => one.Labels).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        if (series.Count > 0) Head(text, name, help, type);
        foreach (var one in series) text.Append(CultureInfo.InvariantCulture, $"{name}{{{one.Key}}} {one.Sum(part => part.Value)}\n");
    }

    static void Single(StringBuilder text, string name, string help, string type, long value)
    {
        Head(text, name, help, type);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    static void Head(StringBuilder text, string name, string help, string type) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    static string Labels(ReleaseTraffic traffic) => Labels(traffic.App, traffic.Service, traffic.Release);

    static string OfStream(ReleaseTraffic traffic) => $"{Labels(traffic)},protocol=\"{(traffic.Stream == StreamProtocol.Udp ? "udp" : "tcp")}\"";

    static string Labels(BreakerTraffic breaker) => Labels(breaker.App, breaker.Service, breaker.Release);

    // Names of apps and services have no character that would have to be escaped.
    static string Labels(AppName app, string service, int release) => string.Create(CultureInfo.InvariantCulture, $"app=\"{app}\",service=\"{service}\",release=\"{release}\"");
}
