using System.Diagnostics;
using System.Net;

namespace Slipway.Gateway.Transport;

/// <summary>A connection to an instance on the loop of the client that it serves: neither side's bytes need another thread.</summary>
sealed class EpollUpstreamSocket : EpollSocket, IUpstreamSocket
{
    // Within it no server closes a connection for being idle; and what it closes for other reasons the loop knows a moment later.
    static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(10);
    static readonly long Recently = Stopwatch.Frequency / 1000;

    readonly PendingOperation _receiving, _sending;
    Memory<byte> _into;
    ReadOnlyMemory<byte> _from;
    bool _isConnecting;

    EpollUpstreamSocket(EpollLoop loop, int handle) : base(loop, handle) => (_receiving, _sending) = (new PendingOperation(), new PendingOperation());

    /// <exception cref="System.Net.Sockets.SocketException">The process may open no more.</exception>
    public static EpollUpstreamSocket Open(EpollLoop loop, IPEndPoint address)
    {
        var family = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork ? Native.FamilyIPv4 : Native.FamilyIPv6;
        var handle = Native.Socket(family, Native.Stream | Native.NonBlocking | Native.CloseOnExec, 0);
        if (handle < 0) throw Native.Failure(Native.LastError);
        Native.NoDelay(handle);
        return new EpollUpstreamSocket(loop, handle);
    }

    /// <summary>
    /// The loop is told when an instance closes a connection. The system is asked too, unless the connection has just been used and the loop has just looked:
    /// that is the case under load, where the question would be a fifth of all calls.
    /// </summary>
    public bool IsDead(TimeSpan idle) =>
        HasSpoken(isSure: idle < Fresh && Stopwatch.GetTimestamp() - Loop.Seen < Recently);

    public ValueTask ConnectAsync(IPEndPoint address)
    {
        Span<byte> name = stackalloc byte[28];
        var length = SocketName.Write(address, name);
        lock (WriteGate)
        {
            ObjectDisposedException.ThrowIf(Handle < 0, this);
            var error = Connect(name, length);
            if (error is not (0 or Native.InProgress)) return ValueTask.FromException(Native.Failure(error));
            WantRoom();
            // Watched only now: a socket without a connection looks like one that was hung up.
            error = Loop.Add(this, Everything);
            if (error != 0) return ValueTask.FromException(Native.Failure(error));
            _isConnecting = true;
            return new ValueTask(_sending, _sending.Begin());
        }
    }

    public ValueTask<int> ReceiveAsync(Memory<byte> into, CancellationToken cancel = default)
    {
        lock (ReadGate)
        {
            var count = TryReceive(into.Span);
            if (count >= 0) return new(count);
            if (count != -Native.Again) return ValueTask.FromException<int>(Why(count));
            if (!cancel.CanBeCanceled)
            {
                _into = into;
                return new ValueTask<int>(_receiving, _receiving.Begin());
            }
        }
        return CancellableReceive(into, cancel);
    }

    public ValueTask<int> SendAsync(ReadOnlyMemory<byte> data, CancellationToken cancel = default)
    {
        lock (WriteGate)
        {
            var count = TrySend(data.Span);
            if (count >= 0) return new(count);
            if (count != -Native.Again) return ValueTask.FromException<int>(Why(count));
            if (!cancel.CanBeCanceled)
            {
                WantRoom();
                count = TrySend(data.Span);
                if (count != -Native.Again) return NoRoomNeeded(count);
                _from = data;
                return new ValueTask<int>(_sending, _sending.Begin());
            }
        }
        return CancellableSend(data, cancel);
    }

    void IUpstreamSocket.ShutdownSend()
    {
        ObjectDisposedException.ThrowIf(Handle < 0, this);
        ShutdownSend();
    }

    public Stream AsStream() => new UpstreamStream(this);

    public override void Abort(Exception? reason) => Dispose();

    public void Dispose()
    {
        if (Close(reset: false)) Loop.Post(this);
    }

    public override void OnPosted()
    {
        OnReadable(isReadable: false);
        OnWritable();
    }

    protected override void OnReadable() => OnReadable(isReadable: true);

    void OnReadable(bool isReadable)
    {
        int count;
        lock (ReadGate)
        {
            if (isReadable) IsReadable = true;
            if (!_receiving.IsPending) return;
            count = _receiving.IsCancelled ? 0 : TryReceive(_into.Span);
            if (count == -Native.Again) return;
            _into = default;
            _receiving.End();
        }
        Complete(_receiving, count);
    }

    protected override void OnWritable()
    {
        int count;
        lock (WriteGate)
        {
            if (!_sending.IsPending) return;
            if (_isConnecting) count = Handle < 0 ? Closed : -Native.PendingError(Handle);
            else count = _sending.IsCancelled ? 0 : TrySend(_from.Span);
            if (count == -Native.Again) return;
            (_isConnecting, _from) = (false, default);
            WantNoRoom();
            _sending.End();
        }
        Complete(_sending, count);
    }

    /// <summary>Under WriteGate.</summary>
    ValueTask<int> NoRoomNeeded(int count)
    {
        WantNoRoom();
        return count >= 0 ? new(count) : ValueTask.FromException<int>(Why(count));
    }

    void Complete(PendingOperation operation, int count)
    {
        if (count >= 0) operation.Succeed(count);
        else operation.Fail(Why(count));
    }

    Exception Why(int result) => result == Closed ? new ObjectDisposedException(nameof(EpollUpstreamSocket)) : Native.Failure(-result);

    unsafe int Connect(Span<byte> name, int length)
    {
        fixed (byte* start = name)
            while (Native.Connect(Handle, start, length) < 0)
                if (Native.LastError is var error and not Native.Interrupted) return error;
        return 0;
    }

    // Of tunnels alone. Methods of their own, for what they capture is an object of each call.
    ValueTask<int> CancellableReceive(Memory<byte> into, CancellationToken cancel) => Cancellable(_receiving, ReadGate, () => TryReceive(into.Span), () => _into = into, cancel);

    ValueTask<int> CancellableSend(ReadOnlyMemory<byte> data, CancellationToken cancel) => Cancellable(_sending, WriteGate, () => TrySend(data.Span), () => _from = data, cancel);

    ValueTask<int> Cancellable(PendingOperation operation, Lock gate, Func<int> attempt, Action prepare, CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested) return ValueTask.FromCanceled<int>(cancel);
        var registration = cancel.UnsafeRegister(static socket => ((EpollUpstreamSocket)socket!).Loop.Post((EpollUpstreamSocket)socket), this);
        lock (gate)
        {
            if (ReferenceEquals(operation, _sending)) WantRoom();
            var count = attempt();
            if (count == -Native.Again && !cancel.IsCancellationRequested)
            {
                prepare();
                return new ValueTask<int>(operation, operation.Begin(registration));
            }
            if (ReferenceEquals(operation, _sending)) WantNoRoom();
            registration.Unregister();
            if (count >= 0) return new(count);
            return count == -Native.Again ? ValueTask.FromCanceled<int>(cancel) : ValueTask.FromException<int>(Why(count));
        }
    }
}
