namespace Slipway.Gateway.Tunnels;

/// <summary>
/// An instance's open WebSockets. When it has lost its routes they are told so one after the other over the time that is theirs, because all of their clients will
/// connect again at once.
/// </summary>
sealed class OpenWebSockets
{
    readonly Lock _gate = new();
    readonly HashSet<WebSocketTunnel> _open = [];

    // TickCount64 by which the last one is told; 0: nobody has to leave.
    long _tellBy;
    long _cutAt;

    public void Add(WebSocketTunnel tunnel)
    {
        lock (_gate) _open.Add(tunnel);
    }

    public void Remove(WebSocketTunnel tunnel)
    {
        lock (_gate) _open.Remove(tunnel);
    }

    /// <param name="time">By its end all are closed.</param>
    public void Leave(long now, TimeSpan time)
    {
        lock (_gate)
        {
            if (_tellBy != 0) return;
            _cutAt = now + (long)time.TotalMilliseconds;
            // The last one needs time for its goodbye too; of a short time all get the half.
            _tellBy = _cutAt - (long)Math.Min(WebSocketTunnel.Patience.TotalMilliseconds, time.TotalMilliseconds / 2);
        }
        Sweep(now);
    }

    /// <summary>All are told at once: the gateway itself stops.</summary>
    public void LeaveNow(long now, TimeSpan time)
    {
        lock (_gate) (_tellBy, _cutAt) = (now, now + (long)time.TotalMilliseconds);
        Sweep(now);
    }

    /// <summary>It has routes again: who was not told stays.</summary>
    public void Stay()
    {
        lock (_gate) _tellBy = 0;
    }

    /// <summary>Once a second.</summary>
    public void Sweep(long now)
    {
        List<WebSocketTunnel>? told = null, cut = null;
        lock (_gate)
        {
            var staying = _tellBy == 0 ? 0 : _open.Count(t => !t.IsLeaving);
            // What is left to tell, over the seconds that are left.
            var share = staying == 0 ? 0 : (int)Math.Ceiling(staying / (Math.Max(0, _tellBy - now) / 1000d + 1));
            foreach (var tunnel in _open)
                if (!tunnel.IsLeaving)
                {
                    if (share-- > 0) (told ??= []).Add(tunnel);
                }
                else if (tunnel.ClosedAt is not 0 and var closed ? now - closed > (long)WebSocketTunnel.Patience.TotalMilliseconds : _tellBy != 0 && now >= _cutAt)
                {
                    (cut ??= []).Add(tunnel);
                }
        }
        foreach (var tunnel in told ?? []) _ = tunnel.Leave();
        foreach (var tunnel in cut ?? []) _ = tunnel.Cut();
    }
}
