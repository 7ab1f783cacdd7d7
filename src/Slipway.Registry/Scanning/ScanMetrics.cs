using System.Diagnostics.Metrics;
using Slipway.Registry.Measuring;

namespace Slipway.Registry.Scanning;

/// <summary>What is counted of scans, as instruments of the registry's meter.</summary>
sealed class ScanMetrics : IDisposable
{
    readonly Meter _meter = new(RegistryMetrics.MeterName);
    readonly Counter<long> _ended;
    readonly Histogram<double> _durations;

    public ScanMetrics(ScanQueue queue)
    {
        _ended = _meter.CreateCounter<long>("slipway_registry_scans", description: "Scans that this server carried out, by outcome: done, failed, retried.");
        _durations = _meter.CreateHistogram<double>(
            "slipway_registry_scan_duration_seconds", description: "From the request to the adapter to its report, or to its failure.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [1, 2.5, 5, 10, 30, 60, 120, 300, 600, 1800] });
        // Asked of the database when they are read, and so the same on every server that shares it.
        _meter.CreateObservableGauge("slipway_registry_scans_waiting", () => queue.Counts().Queued, description: "Scans that wait for their turn or their next try.");
        _meter.CreateObservableGauge("slipway_registry_scans_running", () => queue.Counts().Running, description: "Scans that are under way.");
        _meter.CreateObservableGauge("slipway_registry_images_not_scanned", () => queue.Counts().Failed, description: "Images whose last scan was given up.");
    }

    public void Ended(string outcome, TimeSpan? took)
    {
        _ended.Add(1, KeyValuePair.Create<string, object?>("outcome", outcome));
        if (took is { } time) _durations.Record(time.TotalSeconds);
    }

    public void Dispose() => _meter.Dispose();
}
