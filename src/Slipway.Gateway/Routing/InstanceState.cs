using System.Net;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Routing;

/// <summary>
/// One instance while any table names it or any request is on it: its counts and its kept connections. The same object serves table after
/// table, so that a count is never lost by a switch.
/// </summary>
sealed class InstanceState(string id, IPEndPoint address)
{
    int _inFlight;
    int _upgraded;

    public string Id { get; } = id;

    public IPEndPoint Address { get; } = address;

    public ConnectionPool Connections { get; } = new();

    public int InFlight => Volatile.Read(ref _inFlight);

    public int Upgraded => Volatile.Read(ref _upgraded);

    public bool IsBusy => InFlight != 0 || Upgraded != 0;

    /// <summary>A full fence: the table is read again after it (see <see cref="Switchboard"/>).</summary>
    public void Enter() => Interlocked.Increment(ref _inFlight);

    public void Leave() => Interlocked.Decrement(ref _inFlight);

    /// <summary>The request became an upgraded connection. Counted there first, so that a report never sees neither.</summary>
    public void BecomeUpgraded()
    {
        Interlocked.Increment(ref _upgraded);
        Interlocked.Decrement(ref _inFlight);
    }

    public void LeaveUpgraded() => Interlocked.Decrement(ref _upgraded);
}
