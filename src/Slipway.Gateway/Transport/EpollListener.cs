using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Logging;

namespace Slipway.Gateway.Transport;

/// <summary>
/// A listening socket: accepts on one loop, and gives each connection to the loop that has the fewest. When the process may open no more files, what comes waits
/// in the system's queue until there is room again.
/// </summary>
sealed partial class EpollListener : EpollSocket, IConnectionListener
{
    const int Turn = 64, LongestName = 128;

    // One reader; it goes on where the connection was accepted.
    readonly Channel<ConnectionContext> _accepted =
        Channel.CreateUnbounded<ConnectionContext>(new UnboundedChannelOptions { SingleReader = true, SingleWriter = true, AllowSynchronousContinuations = true });

    readonly Socket _socket;
    readonly EpollLoop[] _loops;
    readonly ILogger _log;
    readonly bool _isWildcard;
    bool _isPaused;
    long _lastTold;

    /// <param name="socket">Listens, does not block; is closed with this.</param>
    public EpollListener(Socket socket, EpollLoop loop, EpollLoop[] loops, ILogger log) : base(loop, (int)socket.Handle)
    {
        (_socket, _loops, _log) = (socket, loops, log);
        EndPoint = socket.LocalEndPoint!;
        _isWildcard = EndPoint is not IPEndPoint { Address: var address } || address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
    }

    public EndPoint EndPoint { get; }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        while (await _accepted.Reader.WaitToReadAsync(cancellationToken))
            if (_accepted.Reader.TryRead(out var connection)) return connection;
        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        Abort(null);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        Abort(null);
        while (_accepted.Reader.TryRead(out var connection)) await connection.DisposeAsync();
    }

    /// <summary>No more is accepted.</summary>
    public override void Abort(Exception? reason)
    {
        Loop.Remove(this);
        // The number is the Socket's to close; the gate says that it is not in use.
        lock (ReadGate) _socket.Dispose();
        _accepted.Writer.TryComplete();
    }

    public override void OnPosted()
    {
    }

    public override void OnEvents(uint events)
    {
        for (var i = 0; i < Turn; i++)
            if (!Accept()) return;
    }

    public override void OnSweep(long now)
    {
        lock (ReadGate)
        {
            if (!_isPaused || _socket.SafeHandle.IsClosed) return;
            Loop.Change(this, Native.In);
            _isPaused = false;
        }
        Loop.WaitForTime(-1);
    }

    /// <summary>False: there is none, or none can be had now.</summary>
    unsafe bool Accept()
    {
        var name = stackalloc byte[LongestName];
        var length = LongestName;
        int handle;
        lock (ReadGate)
        {
            if (_socket.SafeHandle.IsClosed) return false;
            handle = Native.Accept(Handle, name, &length, Native.NonBlocking | Native.CloseOnExec);
            if (handle < 0)
            {
                var error = Native.LastError;
                if (error is Native.ManyInProcess or Native.ManyInSystem or Native.NoBuffers or Native.NoMemory) Pause(error);
                // The others are of the connection that ended before it was accepted.
                return error is not (Native.Again or Native.ManyInProcess or Native.ManyInSystem or Native.NoBuffers or Native.NoMemory);
            }
        }
        var remote = SocketName.Read(name, length);
        var local = EndPoint;
        if (_isWildcard)
        {
            length = LongestName;
            if (Native.LocalName(handle, name, &length) == 0) local = SocketName.Read(name, length) ?? EndPoint;
        }
        // Nobody else knows of it until the loop watches it.
        var socket = new ClientSocket(Fewest(), handle);
        var connection = new EpollConnection(socket, local, remote);
        if (socket.Loop.Add(socket, Everything) != 0 || !_accepted.Writer.TryWrite(connection)) connection.Abort(new ConnectionAbortedException());
        return true;
    }

    /// <summary>Under the gate.</summary>
    void Pause(int error)
    {
        Loop.Change(this, 0);
        _isPaused = true;
        Loop.WaitForTime(1);
        if (Environment.TickCount64 - _lastTold < 60_000 && _lastTold != 0) return;
        _lastTold = Environment.TickCount64;
        LogPaused(EndPoint, Native.Failure(error).Message);
    }

    EpollLoop Fewest()
    {
        var fewest = _loops[0];
        foreach (var loop in _loops)
            if (loop.Count < fewest.Count) fewest = loop;
        return fewest;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Address} accepts no connection for a moment: {Reason}. The limit of open files (ulimit -n) may be too low.")]
    partial void LogPaused(EndPoint address, string reason);
}
