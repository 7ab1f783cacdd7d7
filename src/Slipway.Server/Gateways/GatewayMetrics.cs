using System.Diagnostics.Metrics;
using Slipway.Model;
using Slipway.Releases;

namespace Slipway.Server.Gateways;

/// <summary>
/// What the gateways report, as instruments of the meter "Slipway.Gateway". The gateways are processes of their own, so they are asked when somebody looks;
/// one that does not answer at once leaves the numbers as they were. Labels are apps and services, never hosts or paths.
/// </summary>
sealed class GatewayMetrics : IDisposable
{
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    readonly Meter _meter = new("Slipway.Gateway");
    readonly IGateways _gateways;
    readonly HashSet<(AppName App, string Service)> _breakers = [];
    volatile IReadOnlyList<GatewayReport> _reports = [];

    public GatewayMetrics(IGateways gateways)
    {
        _gateways = gateways;
        Traffic("slipway_gateway_requests", "Requests that were given to a service, each once.", t => t.Requests);
        Traffic("slipway_gateway_failed_requests", "Requests that the gateway had to answer itself, or whose answer broke off.", t => t.Failed);
        Traffic("slipway_gateway_retries", "Requests that were sent once more though an instance had them.", t => t.Retries);
        Traffic("slipway_gateway_retries_denied", "Requests that were not, because the budget was spent.", t => t.RetriesDenied);
        _meter.CreateObservableCounter("slipway_gateway_refused_requests", Refused, description: "Requests that were refused before a route was looked for, by reason.");
        _meter.CreateObservableCounter("slipway_gateway_unrouted_requests", () => _reports.Sum(r => r.Unrouted), description: "Requests for which there is no route.");
        _meter.CreateObservableCounter("slipway_gateway_breaker_refused_requests", () => Breakers(all => all.Sum(b => b.Refused)), description: "Requests that an open circuit breaker answered.");
        _meter.CreateObservableGauge("slipway_gateway_breaker_open", () => Breakers(all => all.Any(b => b.State != "closed") ? 1 : 0), description: "1 while a circuit breaker of the service is open or half-open.");
        _meter.CreateObservableGauge("slipway_gateway_unhealthy_instances", () => (long)_reports.Sum(r => r.Instances.Count(i => i.Unhealthy is not null)), description: "Instances that fail the checks of a gateway.");
        _meter.CreateObservableGauge("slipway_gateway_ejected_instances", () => (long)_reports.Sum(r => r.Instances.Count(i => i.Ejected)), description: "Instances that a gateway leaves alone because they kept failing.");
    }

    /// <summary>Asks the gateways.</summary>
    public async Task Refresh(CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(Patience);
        try
        {
            _reports = await _gateways.Report(limit.Token);
        }
        catch (Exception away) when (away is GatewayUnavailableException or OperationCanceledException)
        {
            // As they were.
        }
    }

    public void Dispose() => _meter.Dispose();

    void Traffic(string name, string description, Func<ReleaseTraffic, long> value) => _meter.CreateObservableCounter(
        name,
        () => _reports.SelectMany(r => r.Releases).GroupBy(t => (t.App, t.Service)).Select(g => Measure(g.Sum(value), g.Key)).ToList(),
        description: description);

    List<Measurement<long>> Refused() =>
        [.. _reports.SelectMany(r => r.Refused).GroupBy(r => r.Key).Select(g => new Measurement<long>(g.Sum(r => r.Value), KeyValuePair.Create<string, object?>("reason", g.Key)))];

    /// <summary>One that is gone is said to be closed, or its last word would stand for ever.</summary>
    List<Measurement<long>> Breakers(Func<IEnumerable<BreakerTraffic>, long> value)
    {
        var now = _reports.SelectMany(r => r.Breakers).ToLookup(b => (b.App, b.Service));
        lock (_breakers)
        {
            _breakers.UnionWith(now.Select(b => b.Key));
            return [.. _breakers.Select(key => Measure(value(now[key]), key))];
        }
    }

    static Measurement<long> Measure(long value, (AppName App, string Service) of) =>
        new(value, KeyValuePair.Create<string, object?>("app", of.App.Value), KeyValuePair.Create<string, object?>("service", of.Service));
}
