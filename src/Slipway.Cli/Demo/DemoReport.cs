using System.Globalization;
using Slipway.Cli.Rendering;

namespace Slipway.Cli.Demo;

/// <summary>What came out of the demo, measured.</summary>
sealed record DemoReport
{
    public required IReadOnlyList<Phase> Phases { get; init; }

    public required IReadOnlyList<Switch> Switches { get; init; }

    /// <summary>Entries that the app had acknowledged, and how many of them it no longer has.</summary>
    public required int Entries { get; init; }

    public required int EntriesLost { get; init; }

    /// <summary>Everything that was not as it should be, a sentence each; empty when all went well.</summary>
    public required IReadOnlyList<string> Problems { get; init; }

    public int Failed => Phases.Sum(phase => phase.Failed);

    public void Write(TextWriter output, Paint paint)
    {
        Columns.Write(output, paint, ["PHASE", "TIME", "REQUESTS", "FAILED", "ANSWERED BY", "P50 MS", "P99 MS"], Phases.Select(Row));
        output.WriteLine();
        foreach (var step in Switches)
            output.WriteLine(Invariant($"{step.Name}: last request to the old version began {step.LastOld.TotalMilliseconds:0} ms after the command; done after {step.Total.TotalMilliseconds:0} ms"));
        output.WriteLine(Invariant($"{Entries} entries were signed, {EntriesLost} of them lost; {Failed} of {Phases.Sum(phase => phase.Requests)} requests failed"));
        foreach (var failure in Phases.SelectMany(phase => phase.Failures).Take(10)) output.WriteLine(paint.Red("failed: ", failure));
        foreach (var problem in Problems) output.WriteLine(paint.Red("not as it should be: ", problem));
    }

    static IReadOnlyList<string> Row(Phase phase) =>
    [
        phase.Name,
        Invariant($"{phase.Time.TotalSeconds:0.0} s"),
        Invariant($"{phase.Requests}"),
        Invariant($"{phase.Failed}"),
        string.Join(", ", phase.Versions.OrderBy(version => version.Key).Select(version => Invariant($"v{version.Key} ×{version.Value}"))),
        Invariant($"{phase.Percentile(0.50):0.0}"),
        Invariant($"{phase.Percentile(0.99):0.0}"),
    ];

    static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
