namespace Slipway.Gateway.Streams;

/// <summary>
/// A port of the host that is listened on for a route of connections. Closing it ends no connection that came by it: they live on by themselves, and
/// <see cref="Sweep"/> is called until <see cref="IsEmpty"/>. All members may be called from any thread.
/// </summary>
interface IStreamPort
{
    StreamKey Key { get; }

    /// <summary>Nothing that came by it is open any more.</summary>
    bool IsEmpty { get; }

    /// <summary>Accepts nothing new, and lets go of the port.</summary>
    void Close();

    /// <summary>Once a second: ends what has been idle for too long, and what has lost its instance and has had its time.</summary>
    void Sweep(long now);

    /// <summary>The gateway stops: ends what is idle now, and with <paramref name="all"/> everything.</summary>
    void End(bool all);
}
