using System.Net;
using Slipway.Gateway.Health;
using Slipway.Gateway.Upstreams;
using Slipway.Model;

namespace Slipway.Gateway.Routing;

/// <summary>Every instance that a table names or that is still busy. Only control and the sweeper come here, never a request.</summary>
/// <param name="idle">How long a connection of <see cref="UpstreamClient"/> that nobody uses is kept.</param>
/// <param name="memory">Null: none.</param>
sealed class InstanceBook(TimeSpan idle, InstanceMemory? memory = null)
{
    readonly Lock _gate = new();
    readonly Dictionary<(string Id, IPEndPoint Address, UpstreamProtocol? Protocol), InstanceState> _known = [];
    HashSet<InstanceState> _routed = [];

    public InstanceState Obtain(string id, IPEndPoint address, UpstreamProtocol? protocol)
    {
        // There is one way to say it, and one state.
        if (protocol is { Scheme: UpstreamScheme.Http }) protocol = null;
        lock (_gate)
        {
            if (_known.TryGetValue((id, address, protocol), out var state)) return state;
            _known[(id, address, protocol)] = state = new InstanceState(id, address, protocol, idle, memory);
            memory?.Restore(state);
            return state;
        }
    }

    /// <summary>The table that is served by now names these. The kept connections of the others are closed.</summary>
    public void Route(HashSet<InstanceState> routed)
    {
        lock (_gate)
        {
            _routed = routed;
            // What was obtained for this table may have been forgotten before the table was served by.
            foreach (var state in routed) _known[(state.Id, state.Address, state.Protocol)] = state;
            Send(Environment.TickCount64);
        }
        Forget();
    }

    /// <summary>Drops what no table names and nothing is in flight on.</summary>
    public void Forget()
    {
        lock (_gate)
        {
            foreach (var (key, state) in _known)
            {
                if (_routed.Contains(state)) continue;
                state.Connections.CloseIdle(long.MaxValue);
                if (state.IsBusy) continue;
                _known.Remove(key);
                state.Rest();
            }
        }
    }

    /// <summary>WebSockets of those that have lost their routes must leave.</summary>
    void Send(long now)
    {
        foreach (var state in _known.Values)
            if (_routed.Contains(state)) state.WebSockets.Stay();
            else if (state.WebSocketTime is { } time) state.WebSockets.Leave(now, time);
    }

    public InstanceState[] All()
    {
        lock (_gate) return [.. _known.Values];
    }
}
