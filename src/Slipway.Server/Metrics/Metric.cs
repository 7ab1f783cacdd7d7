using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Globalization;
using System.Text;

namespace Slipway.Server.Metrics;

/// <summary>One instrument and its series, one for each combination of labels.</summary>
sealed class Metric(Instrument instrument)
{
    // Labels are meant to have few values; what makes more of them is wrong, and must not eat the memory.
    const int MaxSeries = 1000;

    readonly ConcurrentDictionary<Labels, Series> _series = new();
    readonly double[] _bounds = Bounds(instrument);

    public string Name { get; } = NameOf(instrument);

    string Type => instrument switch
    {
        _ when IsHistogram => "histogram",
        _ when IsCounter => "counter",
        _ => "gauge",
    };

    bool IsCounter => instrument is Counter<long> or Counter<int> or Counter<double> or ObservableCounter<long> or ObservableCounter<int> or ObservableCounter<double>;

    bool IsHistogram => instrument is Histogram<long> or Histogram<int> or Histogram<double>;

    /// <summary>Observable instruments and gauges tell how much it is, the others how much came to it.</summary>
    bool IsTotal => instrument.IsObservable || instrument is Gauge<long> or Gauge<int> or Gauge<double>;

    /// <summary>As Prometheus names it: dots become underscores, the unit stands at the end, and a counter ends in _total.</summary>
    public static string NameOf(Instrument instrument)
    {
        var name = new StringBuilder();
        foreach (var c in instrument.Name) name.Append(char.IsAsciiLetterOrDigit(c) ? c : '_');
        var unit = instrument.Unit switch { "s" => "_seconds", "By" => "_bytes", _ => "" };
        if (!instrument.Name.EndsWith(unit, StringComparison.Ordinal)) name.Append(unit);
        if (instrument.GetType().Name.Contains("Counter", StringComparison.Ordinal) && !instrument.GetType().Name.Contains("UpDown", StringComparison.Ordinal)) name.Append("_total");
        return name.ToString();
    }

    public void Take(double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var labels = Labels.Of(tags);
        if (!_series.TryGetValue(labels, out var series))
        {
            if (_series.Count >= MaxSeries) return;
            series = _series.GetOrAdd(labels, static (_, bounds) => new Series(bounds), _bounds);
        }
        if (IsTotal) series.Set(value);
        else series.Add(value);
    }

    public void Write(StringBuilder text)
    {
        if (_series.IsEmpty) return;
        text.Append(CultureInfo.InvariantCulture, $"# HELP {Name} {Escaped(instrument.Description ?? "")}\n# TYPE {Name} {Type}\n");
        foreach (var (labels, series) in _series.OrderBy(pair => pair.Key.ToString(), StringComparer.Ordinal))
        {
            if (IsHistogram) series.WriteHistogram(text, Name, labels.ToString());
            else text.Append(CultureInfo.InvariantCulture, $"{Name}{Braced(labels.ToString())} {series.Sum}\n");
        }
    }

    internal static string Braced(string labels) => labels.Length == 0 ? "" : "{" + labels + "}";

    static string Escaped(string text) => text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);

    static double[] Bounds(Instrument instrument) => instrument switch
    {
        Histogram<double> { Advice.HistogramBucketBoundaries: { } bounds } => [.. bounds],
        Histogram<double> or Histogram<long> or Histogram<int> => [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
        _ => [],
    };

    /// <summary>Up to three labels by their values; a struct, so that finding a series allocates nothing.</summary>
    readonly record struct Labels(KeyValuePair<string, object?> First, KeyValuePair<string, object?> Second, KeyValuePair<string, object?> Third)
    {
        public static Labels Of(ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
            new(tags.Length > 0 ? tags[0] : default, tags.Length > 1 ? tags[1] : default, tags.Length > 2 ? tags[2] : default);

        public override string ToString() => string.Join(',', new[] { First, Second, Third }.Where(label => label.Key is not null).Select(Text));

        static string Text(KeyValuePair<string, object?> label)
        {
            var value = Convert.ToString(label.Value, CultureInfo.InvariantCulture) ?? "";
            return $"{label.Key.Replace('.', '_')}=\"{Escaped(value).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";
        }
    }
}
