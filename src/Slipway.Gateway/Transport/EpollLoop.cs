using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace Slipway.Gateway.Transport;

/// <summary>
/// One thread that waits for its sockets and runs what was waiting for them, to completion: a request is parsed, forwarded, answered and written without
/// another thread. What is called here must not block; work that takes long belongs to the thread pool.
/// </summary>
sealed unsafe partial class EpollLoop : IDisposable
{
    const int MostEvents = 256, Milliseconds = 1000;

    readonly Lock _gate = new();
    readonly Stack<int> _free = [];
    readonly ConcurrentQueue<EpollSocket> _posted = [];
    readonly ILogger _log;
    readonly Thread _thread;
    readonly int _epoll, _wake;
    EpollSocket?[] _sockets = new EpollSocket?[256];
    uint[] _generations = new uint[256];
    int _made = 1;
    int _isWoken;
    long _seen;
    volatile bool _isStopping;

    /// <param name="index">From 0; tells the loops apart.</param>
    /// <exception cref="IOException">The system gives none.</exception>
    public EpollLoop(int index, ILogger log)
    {
        (Index, _log) = (index, log);
        _epoll = Native.EpollCreate(Native.CloseOnExec);
        _wake = _epoll < 0 ? -1 : Native.EventFd(0, Native.CloseOnExec | Native.NonBlocking);
        if (_wake < 0 || Native.Control(_epoll, Native.AddEvent, _wake, Native.In | Native.EdgeTriggered, 0) != 0)
        {
            var failed = Native.Failure(Native.LastError);
            CloseOwn();
            throw new IOException($"No epoll here: {failed.Message}", failed);
        }
        _thread = new Thread(Run) { IsBackground = true, Name = $"gateway {index}" };
        _thread.Start();
    }

    public int Index { get; }

    /// <summary>Stopwatch's timestamp: what a socket's other side did before it, this loop has been told of.</summary>
    public long Seen => Volatile.Read(ref _seen);

    public bool IsCurrent => Thread.CurrentThread == _thread;

    /// <summary>How many sockets it has, in order to give a new one to the loop with the fewest.</summary>
    public int Count { get; private set; }

    /// <summary>From any thread: begins to watch it. 0, or the error.</summary>
    public int Add(EpollSocket socket, uint events)
    {
        lock (_gate)
        {
            if (_isStopping) return Native.NotConnected;
            if (!_free.TryPop(out var slot))
            {
                if (_made == _sockets.Length) Grow();
                slot = _made++;
            }
            _sockets[slot] = socket;
            socket.Watched = (ulong)_generations[slot] << 32 | (uint)slot;
            Count++;
        }
        var error = Native.Control(_epoll, Native.AddEvent, socket.Handle, events, socket.Watched);
        if (error != 0) Remove(socket);
        return error;
    }

    public void Change(EpollSocket socket, uint events) => Native.Control(_epoll, Native.ChangeEvent, socket.Handle, events, socket.Watched);

    /// <summary>From any thread. Events that are already on their way find nobody; closing the socket ends the watching itself.</summary>
    public void Remove(EpollSocket socket)
    {
        lock (_gate)
        {
            var slot = (int)(uint)socket.Watched;
            if (slot == 0 || _sockets[slot] != socket) return;
            _sockets[slot] = null;
            _generations[slot]++;
            _free.Push(slot);
            Count--;
        }
    }

    /// <summary>From any thread: this thread will call its <see cref="EpollSocket.OnPosted"/>.</summary>
    public void Post(EpollSocket socket)
    {
        _posted.Enqueue(socket);
        if (!IsCurrent) Wake();
    }

    /// <summary>Ends the thread. What is still open is closed as if the other side had gone.</summary>
    public void Dispose()
    {
        lock (_gate) _isStopping = true;
        Wake();
        if (!IsCurrent) _thread.Join();
        foreach (var socket in Open()) socket.Abort(null);
        RunPosted();
        CloseOwn();
    }

    void Wake()
    {
        if (Interlocked.Exchange(ref _isWoken, 1) != 0) return;
        var one = 1ul;
        _ = Native.Write(_wake, &one, 8);
    }

    void Run()
    {
        var events = stackalloc byte[MostEvents * 16];
        var swept = Environment.TickCount64;
        while (!_isStopping)
        {
            var count = Native.EpollWait(_epoll, events, MostEvents, _posted.IsEmpty ? Milliseconds : 0);
            Volatile.Write(ref _seen, Stopwatch.GetTimestamp());
            for (var i = 0; i < count; i++) Dispatch(Native.EventsOf(events, i), Native.DataOf(events, i));
            if (!_posted.IsEmpty) RunPosted();
            if (count == MostEvents || Environment.TickCount64 - swept < Milliseconds) continue;
            swept = Environment.TickCount64;
            Sweep(swept);
        }
    }

    void Dispatch(uint events, ulong data)
    {
        if (data == 0)
        {
            ulong count;
            _ = Native.Read(_wake, &count, 8);
            // Before the queue is looked at: whoever posts from here on wakes again.
            Interlocked.Exchange(ref _isWoken, 0);
            return;
        }
        var slot = (int)(uint)data;
        // Both are only ever replaced by longer ones; a slot's socket is written before its watching begins.
        var socket = Volatile.Read(ref _sockets)[slot];
        if (socket is null || socket.Watched != data) return;
        try
        {
            socket.OnEvents(events);
        }
        catch (Exception bug)
        {
            LogBug(bug);
            socket.Abort(bug);
        }
    }

    void RunPosted()
    {
        // What is posted meanwhile has its turn after the next look at the sockets.
        for (var left = _posted.Count; left > 0 && _posted.TryDequeue(out var socket); left--)
        {
            try
            {
                socket.OnPosted();
            }
            catch (Exception bug)
            {
                LogBug(bug);
            }
        }
    }

    /// <summary>Once a second, where there is anything that waits for time.</summary>
    void Sweep(long now)
    {
        if (Volatile.Read(ref _waiting) == 0) return;
        foreach (var socket in Open()) socket.OnSweep(now);
    }

    int _waiting;

    /// <summary>So many more (or fewer) sockets want <see cref="EpollSocket.OnSweep"/>.</summary>
    public void WaitForTime(int more) => Interlocked.Add(ref _waiting, more);

    EpollSocket[] Open()
    {
        lock (_gate) return [.. _sockets.OfType<EpollSocket>()];
    }

    void Grow()
    {
        Array.Resize(ref _generations, _generations.Length * 2);
        var larger = new EpollSocket?[_sockets.Length * 2];
        _sockets.CopyTo(larger, 0);
        Volatile.Write(ref _sockets, larger);
    }

    void CloseOwn()
    {
        if (_wake >= 0) _ = Native.Close(_wake);
        if (_epoll >= 0) _ = Native.Close(_epoll);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A connection ended by an error of the gateway's own")]
    partial void LogBug(Exception bug);
}
