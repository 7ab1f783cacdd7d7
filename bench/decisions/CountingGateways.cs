using System.Text.Json;
using Slipway.Model;
using Slipway.Releases;

namespace Slipway.Bench.Decisions;

/// <summary>One gateway whose every route gets 100 requests a second, answered in 5 to 20 ms; its reports are made and read as JSON, as those of a real one.</summary>
sealed class CountingGateways : IGateways
{
    const double PerSecond = 100;

    static readonly DateTimeOffset Began = DateTimeOffset.UtcNow;

    long _reports, _tables;
    volatile RouteTable _table = RouteTable.Empty;

    public long Reports => Interlocked.Read(ref _reports);

    public long Tables => Interlocked.Read(ref _tables);

    public Task Publish(RouteTable table, CancellationToken cancel)
    {
        Interlocked.Increment(ref _tables);
        _table = table;
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<GatewayReport>> Report(CancellationToken cancel)
    {
        Interlocked.Increment(ref _reports);
        var (table, seconds) = (_table, (DateTimeOffset.UtcNow - Began).TotalSeconds);
        var report = new GatewayReport
        {
            Session = "one",
            ProcessId = 1,
            Started = Began,
            TableVersion = table.Version,
            Instances = [.. table.Routes.Where(r => !r.IsPreview).SelectMany(r => r.Destinations).SelectMany(d => d.Upstreams).Select(u => new InstanceTraffic { Instance = u.Instance, InFlight = 1, Upgraded = 0 })],
            Releases = [.. table.Routes.Where(r => !r.IsPreview).SelectMany(r => r.Destinations.Select(d => Traffic(r, d, seconds)))],
        };
        var text = JsonSerializer.SerializeToUtf8Bytes(report, ModelJson.Default.GatewayReport);
        return Task.FromResult<IReadOnlyList<GatewayReport>>([JsonSerializer.Deserialize(text, ModelJson.Default.GatewayReport)!]);
    }

    static ReleaseTraffic Traffic(Route route, Destination destination, double seconds)
    {
        var requests = (long)(PerSecond * seconds * Math.Max(1000, destination.Weight) / 10_000);
        var latency = new long[ReleaseTraffic.LatencyBuckets.Count + 1];
        for (var bucket = 10; bucket < 16; bucket++) latency[bucket] = requests / 6;
        latency[12] += requests - (requests / 6 * 6);
        return new ReleaseTraffic
        {
            App = route.App,
            Service = route.Service,
            Release = destination.Release,
            Requests = requests,
            Failed = 0,
            ByClass = [0, 0, requests, 0, 0, 0],
            Times = new AnswerTimes { Success = latency },
        };
    }
}
