using System.Net;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Streams;

/// <summary>What a connection was given. Route null: there is none; Instance null: the route has none (left).</summary>
readonly record struct StreamChoice(CompiledStream? Route, InstanceState? Instance, StreamCounters? Counters)
{
    /// <summary>
    /// Chooses an instance and counts the connection in on it, by the protocol of <see cref="Switchboard"/>: when a switch has returned, no connection begins
    /// by an older table. Whoever calls must count it out again (<see cref="InstanceState.Disconnect"/>).
    /// </summary>
    public static StreamChoice Enter(Switchboard switchboard, StreamKey key, IPAddress client, IReadOnlyList<InstanceState>? tried)
    {
        while (true)
        {
            var table = switchboard.Table;
            if (!table.Streams.TryGetValue(key, out var route)) return default;
            // In maintenance nobody is let in.
            if (route.Source.Maintenance is not null) return new StreamChoice(route, null, null);
            var choice = route.Choose(client, tried);
            if (choice.Instance is not { } instance) return choice;
            instance.Connect();
            if (switchboard.Table == table) return choice;
            instance.Disconnect();
        }
    }
}
