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
        Series(text, "slipway_gateway_requests_total", "Requests that were given to a release, each once", "counter", releases.Select(t => (Labels(t), t.Requests)));
        Series(text, "slipway_gateway_failed_requests_total", "Requests that the gateway had to answer itself, or whose answer broke off", "counter", releases.Select(t => (Labels(t), t.Failed)));
        Series(text, "slipway_gateway_retries_total", "Requests that were sent once more though an instance had them", "counter", releases.Select(t => (Labels(t), t.Retries)));
        Series(text, "slipway_gateway_retries_denied_total", "Requests that were not sent once more because the budget was spent", "counter", releases.Select(t => (Labels(t), t.RetriesDenied)));
        Series(text, "slipway_gateway_breakers_open", "Circuit breakers that are open or half-open", "gauge", breakers.Select(b => (Labels(b), b.State == "closed" ? 0L : 1)));
        Series(text, "slipway_gateway_breaker_refused_requests_total", "Requests that a circuit breaker answered", "counter", breakers.Select(b => (Labels(b), b.Refused)));
        Series(text, "slipway_gateway_refused_requests_total", "Requests that were refused before a route was looked for", "counter",
            reports.SelectMany(report => report.Refused).Select(one => ($"reason=\"{one.Key}\"", one.Value)));
        Counter(text, "slipway_gateway_unrouted_requests_total", "Requests for which there is no route", reports.Sum(report => report.Unrouted));
        Counter(text, "slipway_gateway_log_lines_dropped_total", "Lines of the access log that were dropped because the disk was too slow", reports.Sum(report => report.LogLinesDropped));
        Gauge(text, "slipway_gateway_unhealthy_instances", "Instances that fail the checks of a gateway", reports.Sum(report => report.Instances.Count(i => i.Unhealthy is not null)));
        Gauge(text, "slipway_gateway_ejected_instances", "Instances that a gateway leaves alone because they kept failing", reports.Sum(report => report.Instances.Count(i => i.Ejected)));
        return text.ToString();
    }

    /// <summary>What several gateways count of one thing is its sum.</summary>
    static void Series(StringBuilder text, string name, string help, string type, IEnumerable<(string Labels, long Value)> values)
    {
        var series = values.GroupBy(one => one.Labels).OrderBy(group => group.Key, StringComparer.Ordinal).ToList();
        if (series.Count > 0) Head(text, name, help, type);
        foreach (var one in series) text.Append(CultureInfo.InvariantCulture, $"{name}{{{one.Key}}} {one.Sum(part => part.Value)}\n");
    }

    static void Counter(StringBuilder text, string name, string help, long value) => Single(text, name, help, "counter", value);

    static void Gauge(StringBuilder text, string name, string help, long value) => Single(text, name, help, "gauge", value);

    static void Single(StringBuilder text, string name, string help, string type, long value)
    {
        Head(text, name, help, type);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    static void Head(StringBuilder text, string name, string help, string type) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    static string Labels(ReleaseTraffic traffic) => Labels(traffic.App, traffic.Service, traffic.Release);

    static string Labels(BreakerTraffic breaker) => Labels(breaker.App, breaker.Service, breaker.Release);

    // Names of apps and services have no character that would have to be escaped.
    static string Labels(AppName app, string service, int release) => string.Create(CultureInfo.InvariantCulture, $"app=\"{app}\",service=\"{service}\",release=\"{release}\"");
}
