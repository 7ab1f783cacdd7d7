using Slipway.Model;

namespace Slipway.Registry.Scanning.Adapters;

/// <summary>From an adapter's report to findings: checked to be a report of that image, each vulnerability of a package once, the worst first.</summary>
static class ReportReader
{
    const int MaxDescription = 500, MaxText = 300, MaxLink = 1000;

    /// <exception cref="AdapterException">It is no report, or one of another image.</exception>
    public static List<Finding> Read(AdapterReport report, Digest digest)
    {
        // An empty object must not pass for an image without vulnerabilities.
        if (report is { GeneratedAt: null, Artifact: null, Scanner: null, Vulnerabilities: null })
            throw new AdapterException("the report has none of 'generated_at', 'artifact', 'scanner' and 'vulnerabilities': it is none");
        if (report.Artifact?.Digest is { Length: > 0 } other && other != digest.Value)
            throw new AdapterException($"the report is of {Text(other, 150)}, asked for was {digest}");
        var found = new Dictionary<(string, string, string), Finding>();
        var at = 0;
        foreach (var item in report.Vulnerabilities ?? [])
        {
            if (string.IsNullOrWhiteSpace(item?.Id)) throw new AdapterException($"vulnerabilities[{at}] of the report has no 'id'");
            at++;
            var finding = Of(item);
            var key = (finding.Id, finding.Package, finding.Version);
            // The same package in several places of an image.
            if (!found.TryGetValue(key, out var before) || before.Severity < finding.Severity) found[key] = finding;
        }
        return Sorted(found.Values);
    }

    public static List<Finding> Sorted(IEnumerable<Finding> findings) =>
        [.. findings.OrderByDescending(finding => finding.Severity).ThenBy(finding => finding.Package, StringComparer.Ordinal).ThenBy(finding => finding.Id, StringComparer.Ordinal).ThenBy(finding => finding.Version, StringComparer.Ordinal)];

    static Finding Of(AdapterVulnerability item) => new()
    {
        Id = Text(item.Id!, MaxText),
        Severity = SeverityText.TryParse(item.Severity) ?? Severity.Unknown,
        Package = Text(item.Package ?? "", MaxText),
        Version = Text(item.Version ?? "", MaxText),
        FixedVersion = Text(item.FixVersion ?? "", MaxText) is { Length: > 0 } version ? version : null,
        // Shown as a link: nothing but a page of the web.
        Link = (item.Links ?? []).FirstOrDefault(link => link?.Length is > 0 and <= MaxLink && Uri.TryCreate(link, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"),
        Score = item.PreferredCvss?.ScoreV3 is >= 0 and <= 10 and var score ? score : null,
        Description = Text(item.Description ?? "", MaxDescription) is { Length: > 0 } description ? description : null,
    };

    static string Text(string text, int most)
    {
        var line = new string([.. text.Trim().Select(c => char.IsControl(c) ? ' ' : c)]);
        if (line.Length <= most) return line;
        // Not through the middle of a character.
        return line[..(char.IsHighSurrogate(line[most - 1]) ? most - 1 : most)] + "...";
    }
}
