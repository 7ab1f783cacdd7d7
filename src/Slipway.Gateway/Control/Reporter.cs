using Slipway.Gateway.Certificates;
using Slipway.Gateway.Listening;
using Slipway.Gateway.Logging;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Streams;
using Slipway.Model;

namespace Slipway.Gateway.Control;

/// <summary>What a gateway tells of itself.</summary>
sealed class Reporter(
    Switchboard switchboard, InstanceBook instances, TrafficBook traffic, StreamBook streamTraffic, Listeners listeners, StreamListeners streams, CertificateBook certificates, Refusals refusals, AccessLog? log)
{
    readonly string _session = Guid.NewGuid().ToString("N");
    readonly DateTimeOffset _started = TimeProvider.System.GetUtcNow();

    public GatewayReport Report()
    {
        var now = Environment.TickCount64;
        var ill = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var watch in switchboard.Table.Watches)
            if (watch.Reason is { } reason) ill[watch.Instance.Id] = reason;
        return Report(now, ill);
    }

    GatewayReport Report(long now, Dictionary<string, string> ill) => new()
    {
        Session = _session,
        ProcessId = Environment.ProcessId,
        Started = _started,
        TableVersion = switchboard.Table.Document.Version,
        Certificates = certificates.Current.Revision,
        Refused = refusals.Read(),
        Breakers = [.. switchboard.Table.Breakers.Select(b => b.Read())],
        // An instance has several states where it is reached on several ports.
        Instances = [.. instances.All().GroupBy(i => i.Id, StringComparer.Ordinal).Select(i => new InstanceTraffic
        {
            Instance = i.Key,
            InFlight = i.Sum(s => s.InFlight),
            Upgraded = i.Sum(s => s.Upgraded),
            Connections = i.Sum(s => s.Connected),
            Ejected = i.Any(s => s.IsEjected(now)),
            Unhealthy = ill.GetValueOrDefault(i.Key),
        })],
        Releases = [.. traffic.Read(), .. streamTraffic.Read()],
        Unrouted = traffic.Unrouted,
        TurnedAway = traffic.ReadTurnedAway(),
        LogLinesDropped = log?.Dropped ?? 0,
        Listening = [.. listeners.Listening, .. streams.Listening],
        NotListening = listeners.Failed.Concat(streams.Failed).ToDictionary(),
    };
}
