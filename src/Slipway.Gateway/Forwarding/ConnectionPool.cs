using Slipway.Gateway.Transport;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// One instance's connections. Idle ones are given out last in, first out: the one used last is the least likely to be dead. Each loop has a shelf of its own:
/// a connection stays with the loop that it was opened on.
/// </summary>
sealed class ConnectionPool
{
    public const int NoLoop = -1;

    const int MaxIdle = 1024;

    readonly Lock _gate = new();
    readonly HashSet<UpstreamConnection> _all = [];
    // Of no loop, then of each.
    Shelf[] _shelves = [new()];

    /// <summary>An idle connection that is alive as far as this end knows, or null.</summary>
    public UpstreamConnection? Rent(EpollLoop? loop = null)
    {
        var (shelves, index) = (Volatile.Read(ref _shelves), loop is null ? 0 : loop.Index + 1);
        if (index >= shelves.Length) return null;
        var shelf = shelves[index];
        while (true)
        {
            UpstreamConnection connection;
            lock (shelf.Gate)
            {
                if (shelf.Idle.Count == 0) return null;
                connection = shelf.Idle[^1];
                shelf.Idle.RemoveAt(shelf.Idle.Count - 1);
            }
            if (!connection.IsDead) return connection;
            connection.Dispose();
        }
    }

    public void Add(UpstreamConnection connection)
    {
        lock (_gate)
        {
            _all.Add(connection);
            if (connection.Shelf + 1 < _shelves.Length) return;
            var more = new Shelf[connection.Shelf + 2];
            for (var i = 0; i < more.Length; i++) more[i] = i < _shelves.Length ? _shelves[i] : new Shelf();
            Volatile.Write(ref _shelves, more);
        }
    }

    public void Return(UpstreamConnection connection)
    {
        connection.Shrink();
        connection.Reused = true;
        connection.IdleSince = Environment.TickCount64;
        var shelf = Volatile.Read(ref _shelves)[connection.Shelf + 1];
        lock (shelf.Gate)
        {
            if (shelf.Idle.Count < MaxIdle)
            {
                shelf.Idle.Add(connection);
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
        foreach (var shelf in Volatile.Read(ref _shelves)) shelf.CloseIdle(before);
    }

    /// <summary>Closes what is past its deadline.</summary>
    public void Sweep(long now)
    {
        UpstreamConnection[] all;
        lock (_gate) all = [.. _all];
        foreach (var connection in all) connection.Sweep(now);
    }

    sealed class Shelf
    {
        public Lock Gate { get; } = new();

        public List<UpstreamConnection> Idle { get; } = [];

        public void CloseIdle(long before)
        {
            List<UpstreamConnection>? old = null;
            lock (Gate)
            {
                for (var i = Idle.Count - 1; i >= 0; i--)
                {
                    if (Idle[i].IdleSince >= before) continue;
                    (old ??= []).Add(Idle[i]);
                    Idle.RemoveAt(i);
                }
            }
            old?.ForEach(c => c.Dispose());
        }
    }
}
