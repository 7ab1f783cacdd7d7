using System.Net;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Health;
using Slipway.Gateway.Tunnels;
using Slipway.Gateway.Upstreams;
using Slipway.Model;

namespace Slipway.Gateway.Routing;

/// <summary>
/// One instance while any table names it or any request is on it: its counts and its kept connections. The same object serves table after
/// table, so that a count is never lost by a switch.
/// </summary>
sealed class InstanceState(string id, IPEndPoint address, UpstreamProtocol? protocol = null, TimeSpan idle = default, InstanceMemory? memory = null)
{
    const int MostTimes = 10;

    UpstreamClient? _client;
    int _inFlight;
    int _upgraded;
    int _connected;

    int _failures;
    int _ejections;
    long _ejectedUntil;

    public string Id { get; } = id;

    public IPEndPoint Address { get; } = address;

    /// <summary>How it is spoken to; null: HTTP/1.1, by <see cref="Connections"/>.</summary>
    public UpstreamProtocol? Protocol { get; } = protocol;

    public ConnectionPool Connections { get; } = new();

    public OpenWebSockets WebSockets { get; } = new();

    /// <summary>How long its WebSockets may stay when it has lost its routes; null: as long as it runs.</summary>
    public TimeSpan? WebSocketTime { get; set; }

    /// <summary>With a <see cref="Protocol"/>: what speaks it.</summary>
    public UpstreamClient Client()
    {
        if (Volatile.Read(ref _client) is { } known) return known;
        var made = new UpstreamClient(Address, Protocol!, idle);
        if (Interlocked.CompareExchange(ref _client, made, null) is not { } first) return made;
        made.Dispose();
        return first;
    }

    /// <summary>Nothing is in flight, and nothing will be for now: its connections are closed.</summary>
    public void Rest() => Interlocked.Exchange(ref _client, null)?.Dispose();

    public int InFlight => Volatile.Read(ref _inFlight);

    public int Upgraded => Volatile.Read(ref _upgraded);

    /// <summary>Open TCP connections and live UDP flows.</summary>
    public int Connected => Volatile.Read(ref _connected);

    public bool IsBusy => InFlight != 0 || Upgraded != 0 || Connected != 0;

    /// <summary>A connection or flow begins. A full fence, as <see cref="Enter"/>.</summary>
    public void Connect() => Interlocked.Increment(ref _connected);

    public void Disconnect() => Interlocked.Decrement(ref _connected);

    /// <summary>A full fence: the table is read again after it (see <see cref="Switchboard"/>).</summary>
    /// <returns>How many are in flight now.</returns>
    public int Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>The request became an upgraded connection. Counted there first, so that a report never sees neither.</summary>
    public void BecomeUpgraded()
    {
        Interlocked.Increment(ref _upgraded);
        Interlocked.Decrement(ref _inFlight);
    }

    /// <summary>In a row; how long the next one lasts.</summary>
    public int Ejections => Volatile.Read(ref _ejections);

    /// <summary>TickCount64.</summary>
    public long EjectedUntil => Volatile.Read(ref _ejectedUntil);

    public bool IsEjected(long now) => Volatile.Read(ref _ejectedUntil) > now;

    /// <summary>A request went well.</summary>
    public void Succeed()
    {
        if (Volatile.Read(ref _failures) == 0 && Volatile.Read(ref _ejections) == 0) return;
        Volatile.Write(ref _failures, 0);
        if (Interlocked.Exchange(ref _ejections, 0) > 0) memory?.Changed();
    }

    /// <summary>A request failed. True: so many in a row that the instance should be ejected; after an ejection the first one is enough.</summary>
    public bool Fail(int most) => Interlocked.Increment(ref _failures) >= most || Volatile.Read(ref _ejections) > 0;

    public void Eject(long now, TimeSpan time)
    {
        Volatile.Write(ref _failures, 0);
        var times = Math.Min(Interlocked.Increment(ref _ejections), MostTimes);
        Volatile.Write(ref _ejectedUntil, now + (long)(time.TotalMilliseconds * times));
        memory?.Changed();
    }

    /// <summary>As the last gateway had it. Before any request.</summary>
    public void Restore(int ejections, long until) => (_ejections, _ejectedUntil) = (ejections, until);

    public void LeaveUpgraded() => Interlocked.Decrement(ref _upgraded);
}
