using Microsoft.AspNetCore.Connections;

namespace Slipway.Gateway.Transport;

/// <summary>A client's socket: its two pipes, and how it ends.</summary>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "The source has neither timer nor handle, and is told from any thread.")]
sealed class ClientSocket : EpollSocket
{
    // What a client is still sending when we close is read and thrown away for so long: a close over unread bytes is a reset, which may take our last answer with it.
    const int LingerTime = 2000, FlushTime = 60_000;
    const int MostDrained = 1024 * 1024;

    readonly CancellationTokenSource _closed = new();
    Exception? _reason;
    int _isToldOf;
    long _closeAt;
    bool _isLingering;

    public ClientSocket(EpollLoop loop, int handle) : base(loop, handle) => (Input, Output) = (new EpollInput(this), new EpollOutput(this));

    public EpollInput Input { get; }

    public EpollOutput Output { get; }

    /// <summary>The client has gone, or says no more, or the connection was closed here.</summary>
    public CancellationToken Ended => _closed.Token;

    public override void OnPosted()
    {
        Input.Continue(isReadable: false);
        Output.Continue();
    }

    public void Post() => Loop.Post(this);

    public void MarkReadable() => IsReadable = true;

    /// <summary>For readers.</summary>
    public Exception Why(int result)
    {
        if (result == Closed) return _reason ?? new ConnectionAbortedException();
        var failure = Native.Failure(-result);
        return failure.SocketErrorCode is System.Net.Sockets.SocketError.ConnectionReset or System.Net.Sockets.SocketError.Shutdown or System.Net.Sockets.SocketError.ConnectionAborted
            ? new ConnectionResetException(failure.Message, failure)
            : new IOException(failure.Message, failure);
    }

    public override void Abort(Exception? reason)
    {
        Interlocked.CompareExchange(ref _reason, reason ?? new ConnectionAbortedException(), null);
        if (!Close(reset: true)) return;
        TellEnd();
        Post();
    }

    /// <summary>Both pipes are done with: sends what is left, and closes.</summary>
    public async ValueTask Finish()
    {
        if (Output.UnflushedBytes > 0)
        {
            WaitUntil(FlushTime);
            await Output.FlushAsync();
            StopWaiting();
        }
        Output.Release();
        if (Drain(out var isOver) && !isOver)
        {
            ShutdownSend();
            lock (ReadGate) _isLingering = true;
            WaitUntil(LingerTime);
            // What came since the look at it would be no new event for who did not linger yet.
            OnReadable();
        }
        else if (Close(reset: false)) TellEnd();
    }

    public override void OnSweep(long now)
    {
        var at = Interlocked.Read(ref _closeAt);
        if (at == 0 || now < at) return;
        StopWaiting();
        Abort(null);
    }

    protected override void OnReadable()
    {
        if (!_isLingering)
        {
            Input.Continue(isReadable: true);
            return;
        }
        lock (ReadGate) IsReadable = true;
        Drain(out var isOver);
        if (!isOver) return;
        StopWaiting();
        if (Close(reset: false)) TellEnd();
    }

    protected override void OnWritable() => Output.Continue();

    protected override void OnEnd() => TellEnd();

    /// <summary>Whether there were bytes that nobody wanted.</summary>
    /// <param name="isOver">No more will come.</param>
    bool Drain(out bool isOver)
    {
        Span<byte> nowhere = stackalloc byte[4096];
        var (sum, count) = (0, 0);
        lock (ReadGate)
            while (sum < MostDrained && (count = TryReceive(nowhere)) > 0) sum += count;
        isOver = count <= 0 && count != -Native.Again;
        return sum > 0;
    }

    void TellEnd()
    {
        if (Interlocked.Exchange(ref _isToldOf, 1) != 0) return;
        // Whoever listens to it may do anything.
        ThreadPool.UnsafeQueueUserWorkItem(static closed => closed.Cancel(), _closed, preferLocal: false);
    }

    void WaitUntil(int time)
    {
        Interlocked.Exchange(ref _closeAt, Environment.TickCount64 + time);
        Loop.WaitForTime(1);
    }

    void StopWaiting()
    {
        if (Interlocked.Exchange(ref _closeAt, 0) != 0) Loop.WaitForTime(-1);
    }
}
