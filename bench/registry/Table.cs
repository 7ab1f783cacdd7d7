using System.Globalization;

namespace Slipway.Bench.Registry;

/// <summary>What was measured, as a Markdown table: the median of each peer's rounds, their range, and the ratio ours / theirs.</summary>
sealed class Table(Peer[] peers)
{
    readonly List<(string What, string Unit, bool LessIsBetter)> _rows = [];
    readonly Dictionary<(string What, string Peer), List<double>> _values = [];

    public void Set(string what, string unit, Peer peer, double value, bool lessIsBetter = false)
    {
        if (!_rows.Any(row => row.What == what)) _rows.Add((what, unit, lessIsBetter));
        if (!_values.TryGetValue((what, peer.Name), out var values)) _values[(what, peer.Name)] = values = [];
        values.Add(value);
        Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {peer.Name,-16} {what}: {value:0.##} {unit}"));
    }

    public void Write()
    {
        Console.WriteLine($"| | {peers[0].Name} | {peers[1].Name} | ratio |\n|---|---|---|---|");
        foreach (var (what, unit, lessIsBetter) in _rows)
        {
            var (ours, theirs) = (Of(what, peers[0]), Of(what, peers[1]));
            var ratio = ours is null || theirs is null ? "–" : string.Create(CultureInfo.InvariantCulture, $"{Median(ours) / Median(theirs):0.00}{(lessIsBetter ? " (less is better)" : "")}");
            Console.WriteLine($"| {what}, {unit} | {Text(ours)} | {Text(theirs)} | {ratio} |");
        }
    }

    List<double>? Of(string what, Peer peer) => _values.GetValueOrDefault((what, peer.Name));

    static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    static string Text(List<double>? values) => values is null ? "–"
        : values.Count == 1 ? Number(values[0]) : $"{Number(Median(values))} ({Number(values.Min())}–{Number(values.Max())})";

    static string Number(double value) => value.ToString(value >= 100 ? "#,0" : value >= 10 ? "0.#" : "0.##", CultureInfo.InvariantCulture);
}
