using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Text;

namespace Slipway.Server.Metrics;

/// <summary>
/// Keeps what the meters of Slipway and of the .NET runtime measure, and writes it as Prometheus reads it (text format 0.0.4). Measuring allocates
/// nothing once a series exists. Thread-safe.
/// </summary>
sealed class MetricsExporter : IDisposable
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    readonly MeterListener _listener = new();
    readonly ConcurrentDictionary<string, Metric> _metrics = new(StringComparer.Ordinal);

    public MetricsExporter()
    {
        _listener.InstrumentPublished = (instrument, listener) =>
        {
            if (!instrument.Meter.Name.StartsWith("Slipway.", StringComparison.Ordinal) && instrument.Meter.Name != "System.Runtime") return;
            var metric = _metrics.GetOrAdd(Metric.NameOf(instrument), _ => new Metric(instrument));
            listener.EnableMeasurementEvents(instrument, metric);
        };
        _listener.SetMeasurementEventCallback<long>((_, value, tags, state) => ((Metric)state!).Take(value, tags));
        _listener.SetMeasurementEventCallback<int>((_, value, tags, state) => ((Metric)state!).Take(value, tags));
        _listener.SetMeasurementEventCallback<double>((_, value, tags, state) => ((Metric)state!).Take(value, tags));
        _listener.Start();
    }

    public string Write()
    {
        _listener.RecordObservableInstruments();
        var text = new StringBuilder(8192);
        foreach (var metric in _metrics.Values.OrderBy(metric => metric.Name, StringComparer.Ordinal)) metric.Write(text);
        return text.ToString();
    }

    public void Dispose() => _listener.Dispose();
}
