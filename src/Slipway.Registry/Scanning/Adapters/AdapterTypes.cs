using System.Net.Http.Headers;

namespace Slipway.Registry.Scanning.Adapters;

/// <summary>Media types of the API. Adapters compare some of them as text, so they are written exactly as the specification does.</summary>
static class AdapterTypes
{
    public const string Metadata = "application/vnd.scanner.adapter.metadata+json; version=1.1, application/vnd.scanner.adapter.metadata+json; version=1.0";
    public const string ScanRequest = "application/vnd.scanner.adapter.scan.request+json; version=1.1";
    public const string ScanRequestOld = "application/vnd.scanner.adapter.scan.request+json; version=1.0";
    public const string ScanResponse = "application/vnd.scanner.adapter.scan.response+json; version=1.0";
    public const string Report = "application/vnd.security.vulnerability.report; version=1.1";
    public const string ReportOld = "application/vnd.scanner.adapter.vuln.report.harbor+json; version=1.0";

    /// <summary>The best report of those that an adapter makes; null where it makes none that is read here.</summary>
    public static string? Choose(IEnumerable<string> produced)
    {
        var all = produced.ToList();
        return all.Any(one => Same(one, Report)) ? Report : all.Any(one => Same(one, ReportOld)) ? ReportOld : null;
    }

    /// <summary>The same type, however blanks, case and quotes are; a version that is left out fits any.</summary>
    public static bool Same(string? found, string wanted) =>
        MediaTypeHeaderValue.TryParse(found, out var one) && MediaTypeHeaderValue.TryParse(wanted, out var other)
        && string.Equals(one.MediaType, other.MediaType, StringComparison.OrdinalIgnoreCase)
        && (Version(one) is not { } version || version == Version(other));

    static string? Version(MediaTypeHeaderValue type) => type.Parameters.FirstOrDefault(one => one.Name.Equals("version", StringComparison.OrdinalIgnoreCase))?.Value?.Trim('"');
}
