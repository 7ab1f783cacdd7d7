namespace Slipway.Gateway.Forwarding;

/// <summary>One instance's connections. Idle ones are given out last in, first out: the one used last is the least likely to be dead.</summary>
sealed class ConnectionPool
{
    const int MaxIdle = 1024;

    readonly Lock _gate = new();
    readonly List<UpstreamConnection> _idle = [];
    readonly HashSet<UpstreamConnection> _all = [];

    /// <summary>An idle connection that is alive as far as this end knows, or null.</summary>
    public UpstreamConnection? Rent()
    {
        while (true)
        {
            UpstreamConnection connection;
            lock (_gate)
            {
                if (_idle.Count == 0) return null;
                connection = _idle[^1];
                _idle.RemoveAt(_idle.Count - 1);
            }
            if (!connection.IsDead) return connection;
            connection.Dispose();
        }
    }

    public void Add(UpstreamConnection connection)
    {
        lock (_gate) _all.Add(connection);
    }

    public void Return(UpstreamConnection connection)
    {
        connection.Shrink();
        connection.Reused = true;
        connection.IdleSince = Environment.TickCount64;
        lock (_gate)
        {
            if (_idle.Count < MaxIdle)
            {
                _idle.Add(connection);
                return;
            }
        }
        connection.Dispose();
    }

    public void Remove(UpstreamConnection connection)
    {
        lock (_gate) _all.Remove(connection);
    }

    /// <summary>Closes what has been idle since before the given TickCount64.</summary>
    public void CloseIdle(long before)
    {
        List<UpstreamConnection>? old = null;
        lock (_gate)
        {
            for (var i = _idle.Count - 1; i >= 0; i--)
            {
                if (_idle[i].IdleSince >= before) continue;
                (old ??= []).Add(_idle[i]);
                _idle.RemoveAt(i);
            }
        }
        old?.ForEach(c => c.Dispose());
    }

    /// <summary>Closes what is past its deadline.</summary>
    public void Sweep(long now)
    {
        UpstreamConnection[] all;
        lock (_gate) all = [.. _all];
        foreach (var connection in all) connection.Sweep(now);
    }
}
