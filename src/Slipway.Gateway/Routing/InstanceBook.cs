using System.Net;

namespace Slipway.Gateway.Routing;

/// <summary>Every instance that a table names or that is still busy. Only control and the sweeper come here, never a request.</summary>
/// <param name="sites">Null: none are served.</param>
sealed class InstanceBook(Sites.SiteBook? sites = null)
{
    readonly Lock _gate = new();
    readonly Dictionary<(string Id, IPEndPoint Address), InstanceState> _known = [];
    HashSet<InstanceState> _routed = [];

    public InstanceState Obtain(string id, IPEndPoint address)
    {
        lock (_gate)
        {
            if (!_known.TryGetValue((id, address), out var state)) _known[(id, address)] = state = new InstanceState(id, address);
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
            foreach (var state in routed) _known[(state.Id, state.Address)] = state;
        }
        Forget();
        sites?.Retain(routed);
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
                if (!state.IsBusy) _known.Remove(key);
            }
        }
    }

    /// <summary>The state of an upstream; null where it is a site that can't be served.</summary>
    public InstanceState? Obtain(Model.Upstream upstream) =>
        upstream.Site is null ? Obtain(upstream.Instance, new IPEndPoint(IPAddress.Parse(upstream.Address), upstream.Port)) : sites?.Obtain(this, upstream);

    public InstanceState[] All()
    {
        lock (_gate) return [.. _known.Values];
    }
}
