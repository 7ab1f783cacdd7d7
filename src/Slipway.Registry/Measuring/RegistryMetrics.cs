using System.Diagnostics;
using System.Diagnostics.Metrics;
using Slipway.Registry.Endpoints;
using Slipway.Registry.Manifests;

namespace Slipway.Registry.Measuring;

/// <summary>
/// What the registry counts of itself, as instruments of the meter "Slipway.Registry" (names and units after Prometheus' rules: base units, in the name).
/// Labels have few values: operations and classes of status, never names of repositories.
/// </summary>
sealed class RegistryMetrics : IDisposable
{
    public const string MeterName = "Slipway.Registry";

    readonly Meter _meter = new(MeterName);
    readonly Counter<long> _requests;
    readonly Histogram<double> _durations;
    readonly Counter<long> _received;
    readonly Counter<long> _sent;
    readonly Counter<long> _deliveries;
    readonly Counter<long> _events;

    public RegistryMetrics(Listings listings)
    {
        _requests = _meter.CreateCounter<long>("slipway_registry_requests", description: "Requests to /v2/, by operation and status.");
        _durations = _meter.CreateHistogram<double>(
            "slipway_registry_request_duration_seconds", description: "From the request's head to the end of its answer, by operation.",
            advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60] });
        _received = _meter.CreateCounter<long>("slipway_registry_received_bytes", description: "Bytes of blobs that clients pushed.");
        _sent = _meter.CreateCounter<long>("slipway_registry_sent_bytes", description: "Bytes of blobs that clients pulled.");
        _deliveries = _meter.CreateCounter<long>("slipway_registry_webhook_deliveries", description: "Attempts to deliver to a webhook, by outcome: delivered, failed, dropped.");
        _events = _meter.CreateCounter<long>("slipway_registry_webhook_events", description: "Events that webhooks took.");
        // Asked of the database when they are read, and so the same on every server that shares it.
        Gauge("slipway_registry_repositories", "Repositories that have a manifest.", usage => usage.Repositories);
        Gauge("slipway_registry_tags", "Tags.", usage => usage.Tags);
        Gauge("slipway_registry_manifests", "Manifests.", usage => usage.Manifests);
        Gauge("slipway_registry_blobs", "Blobs, each counted once.", usage => usage.Blobs);
        Gauge("slipway_registry_blobs_bytes", "Bytes of all blobs, each counted once.", usage => usage.Bytes);

        void Gauge(string name, string description, Func<RegistryUsage, long> value) =>
            _meter.CreateObservableGauge(name, () => value(listings.Usage()), description: description);
    }

    /// <summary>A request that is done.</summary>
    /// <param name="started">Of <see cref="Stopwatch.GetTimestamp"/>.</param>
    public void Served(RegistryRequest request, string method, int status, long started)
    {
        var operation = KeyValuePair.Create<string, object?>("operation", Operation(request, method));
        _requests.Add(1, operation, KeyValuePair.Create<string, object?>("status", StatusText(status)));
        _durations.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, operation);
    }

    public void Received(long bytes) => _received.Add(bytes);

    public void Sent(long bytes) => _sent.Add(bytes);

    /// <param name="outcome">"delivered", "failed" or "dropped".</param>
    public void Delivery(string outcome, int events)
    {
        _deliveries.Add(1, KeyValuePair.Create<string, object?>("outcome", outcome));
        if (outcome == "delivered") _events.Add(events);
    }

    public void Dispose() => _meter.Dispose();

    static string Operation(RegistryRequest request, string method) => (request, method) switch
    {
        (RegistryRequest.Base, _) => "base",
        (RegistryRequest.Catalog, _) => "catalog",
        (RegistryRequest.Tags, _) => "tags",
        (RegistryRequest.Referrers, _) => "referrers",
        (RegistryRequest.Blob, "GET") => "blob_get",
        (RegistryRequest.Blob, "HEAD") => "blob_head",
        (RegistryRequest.Blob, "DELETE") => "blob_delete",
        (RegistryRequest.StartUpload, _) => "upload_start",
        (RegistryRequest.Upload, "PATCH") => "upload_append",
        (RegistryRequest.Upload, "PUT") => "upload_finish",
        (RegistryRequest.Upload, "GET") => "upload_status",
        (RegistryRequest.Upload, "DELETE") => "upload_cancel",
        (RegistryRequest.Manifest, "GET") => "manifest_get",
        (RegistryRequest.Manifest, "HEAD") => "manifest_head",
        (RegistryRequest.Manifest, "PUT") => "manifest_put",
        (RegistryRequest.Manifest, "DELETE") => "manifest_delete",
        _ => "other",
    };

    // The usual ones without an allocation for each request.
    static string StatusText(int status) => status switch
    {
        200 => "200", 201 => "201", 202 => "202", 204 => "204", 206 => "206", 304 => "304", 307 => "307",
        400 => "400", 401 => "401", 403 => "403", 404 => "404", 405 => "405", 409 => "409", 413 => "413", 416 => "416", 429 => "429",
        500 => "500", 503 => "503", 507 => "507",
        _ => status.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };
}
