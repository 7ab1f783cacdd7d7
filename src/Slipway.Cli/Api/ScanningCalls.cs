using System.Globalization;
using Slipway.Registry.Scanning;
using Slipway.Server.Api.Registry;

namespace Slipway.Cli.Api;

/// <summary>/api/v1/registry/scanner and the scans of images.</summary>
static class ScanningCalls
{
    public const string Scanner = "/registry/scanner";

    public static string FindingsPath(string image, string? severity, int after, int limit) => string.Create(
        CultureInfo.InvariantCulture, $"/registry/images/findings?image={Uri.EscapeDataString(image)}{(severity is null ? "" : "&severity=" + Uri.EscapeDataString(severity))}&after={after}&limit={limit}");

    public static string ScanPath(string image) => $"/registry/images/scan?image={Uri.EscapeDataString(image)}";

    public static Task<ScannerStatus> GetScanner(this ApiClient api, CancellationToken cancel) => api.Get("/api/v1" + Scanner, ScanningJson.Default.ScannerStatus, cancel);

    public static async Task<ScannerStatus> SetScanner(this ApiClient api, ScannerRequest request, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Put, "/api/v1" + Scanner, ApiClient.Json(request, ScanningJson.Default.ScannerRequest), cancel);
        return await api.Read(answer, ScanningJson.Default.ScannerStatus, cancel);
    }

    public static async Task RemoveScanner(this ApiClient api, CancellationToken cancel) => (await api.Send(HttpMethod.Delete, "/api/v1" + Scanner, null, cancel)).Dispose();

    public static async Task<RescanAnswer> RescanImages(this ApiClient api, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, $"/api/v1{Scanner}/rescan", null, cancel);
        return await api.Read(answer, ScanningJson.Default.RescanAnswer, cancel);
    }

    public static async Task<ScanSummary> StartScan(this ApiClient api, string image, CancellationToken cancel)
    {
        using var answer = await api.Send(HttpMethod.Post, "/api/v1/registry/images/scan", ApiClient.Json(new ScanRequest { Image = image }, ScanningJson.Default.ScanRequest), cancel);
        return await api.Read(answer, ScanningJson.Default.ScanSummary, cancel);
    }

    public static Task<ScanSummary> Scan(this ApiClient api, string image, CancellationToken cancel) => api.Get("/api/v1" + ScanPath(image), ScanningJson.Default.ScanSummary, cancel);

    public static Task<FindingReport> Findings(this ApiClient api, string image, string? severity, int after, int limit, CancellationToken cancel) =>
        api.Get("/api/v1" + FindingsPath(image, severity, after, limit), ScanningJson.Default.FindingReport, cancel);
}
