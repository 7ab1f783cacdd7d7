using Slipway.Cli.Commands;
using Slipway.Registry.Scanning;

namespace Slipway.Cli.Rendering;

/// <summary>Scans and what they found. All of it comes from images and from a scanner: nothing is printed raw.</summary>
sealed class ScanPicture(TextWriter output, Paint paint)
{
    /// <summary>1C 4H 12M 3L, short enough for a column; "-" where there was no scan.</summary>
    public static string Short(ScanSummary? scan)
    {
        if (scan is null) return "-";
        var counts = scan.Counts;
        var text = string.Join(' ', ((long Count, char Letter)[])[(counts.Critical, 'C'), (counts.High, 'H'), (counts.Medium, 'M'), (counts.Low, 'L'), (counts.Negligible, 'N'), (counts.Unknown, 'U')]
            is var all && all.Any(one => one.Count > 0) ? all.Where(one => one.Count > 0).Select(one => Api.ApiClient.Invariant($"{one.Count}{one.Letter}")) : ["none"]);
        return scan.Scanned is null ? Word(scan.State) : text;
    }

    /// <summary>2 critical, 5 high; 4 fixable. By Trivy 0.72.0, 3 h ago</summary>
    public static string Line(ScanSummary scan)
    {
        if (scan.Scanned is null) return Word(scan.State) + (scan.Reason is { } why ? $": {Readable.Line(why)}" : "");
        var text = $"{scan.Counts}{(scan.Counts.Total > 0 ? Api.ApiClient.Invariant($"; {scan.Fixable} fixable") : "")}. {Readable.Line(scan.Scanner ?? "")}, {ImageListCommand.Ago(scan.Scanned)}";
        return scan.State == ScanState.Done ? text : $"{text} ({(scan.State == ScanState.Failed ? $"the scan after that failed{(scan.Reason is { } reason ? $": {Readable.Line(reason)}" : "")}" : $"a new scan is {Word(scan.State)}")})";
    }

    public void Write(string image, ScanSummary scan)
    {
        output.WriteLine($"{Mark(scan)} {Readable.Line(image)}  {Line(scan)}");
        foreach (var platform in scan.Platforms) output.WriteLine($"  {Mark(platform.Scan)} {Readable.Line(platform.Platform ?? platform.Digest.Short)}  {Line(platform.Scan)}");
    }

    public void Write(string image, ScanSummary scan, IReadOnlyList<Finding> findings, string? least)
    {
        Write(image, scan);
        if (findings.Count == 0)
        {
            if (scan.Scanned is not null) output.WriteLine(least is null ? "No vulnerability was found." : $"No vulnerability of severity {Readable.Line(least)} or above was found.");
            return;
        }
        var platforms = findings.Any(finding => finding.Platforms.Count > 0);
        string[] head = ["SEVERITY", "ID", "PACKAGE", "INSTALLED", "FIXED IN", .. platforms ? (string[])["PLATFORMS"] : [], "LINK"];
        Columns.Write(output, paint, head, findings.Select(finding => (string[])
        [
            finding.Severity.ToString().ToLowerInvariant(), Readable.Line(finding.Id), Readable.Line(finding.Package), Readable.Line(finding.Version), Readable.Line(finding.FixedVersion ?? "-"),
            .. platforms ? (string[])[Readable.Line(string.Join(',', finding.Platforms))] : [], Readable.Line(finding.Link ?? "-"),
        ]));
    }

    string Mark(ScanSummary scan) => scan switch
    {
        { State: ScanState.Failed } => paint.Red("✘"),
        { Scanned: null } => paint.Dim("·"),
        { Worst: Severity.Critical or Severity.High } => paint.Red("!"),
        { Worst: Severity.None } => paint.Green("✔"),
        _ => paint.Yellow("!"),
    };

    static string Word(ScanState state) => state switch { ScanState.Queued => "queued", ScanState.Running => "running", ScanState.Failed => "failed", _ => "not scanned" };
}
