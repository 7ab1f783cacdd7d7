using Slipway.Model;

namespace Slipway.Gateway.Measuring;

/// <summary>As <see cref="TrafficBook"/>, of connections and flows.</summary>
sealed class StreamBook
{
    readonly Lock _gate = new();
    readonly SortedDictionary<(AppName App, string Service, int Release, StreamProtocol Protocol, bool IsMatched), StreamCounters> _counters = [];

    public StreamCounters Obtain(AppName app, string service, int release, StreamProtocol protocol, bool isMatched = false)
    {
        lock (_gate)
        {
            var key = (app, service, release, protocol, isMatched);
            if (!_counters.TryGetValue(key, out var counters)) _counters[key] = counters = new StreamCounters(release);
            return counters;
        }
    }

    public IReadOnlyList<ReleaseTraffic> Read()
    {
        lock (_gate) return [.. _counters.Select(c => c.Value.Read(c.Key.App, c.Key.Service, c.Key.Protocol, c.Key.IsMatched))];
    }
}
