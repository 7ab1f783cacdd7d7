using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Slipway.Gateway.Transport;

/// <summary>
/// What Kestrel writes to a client. A flush is one send; where the client takes no more for now the flush waits until all of it is gone, so that whoever writes
/// is held back by whoever reads.
/// </summary>
sealed class EpollOutput(ClientSocket socket) : PipeWriter, IValueTaskSource<FlushResult>
{
    const int Small = 4096, Large = 64 * 1024;

    readonly Queue<(byte[] Block, int End)> _full = [];
    ManualResetValueTaskSourceCore<FlushResult> _source;
    byte[]? _block;
    int _end;
    // Of the block that is sent first: it may be one of the full ones.
    int _sent;
    long _unflushed;
    int _size = Small;
    bool _isWaiting;
    bool _isBroken;
    volatile bool _isCancelled;
    CancellationTokenRegistration _registration;

    public override bool CanGetUnflushedBytes => true;

    public override long UnflushedBytes => _unflushed;

    /// <summary>There may be room again, or it was closed on this side, or the flush was cancelled. On the loop's thread.</summary>
    public void Continue()
    {
        FlushResult result = default;
        CancellationTokenRegistration registration;
        lock (socket.WriteGate)
        {
            if (!_isWaiting) return;
            if (!_isCancelled && !_registration.Token.IsCancellationRequested && !Send()) return;
            _isWaiting = false;
            socket.WantNoRoom();
            result = Take();
            registration = _registration;
            _registration = default;
        }
        registration.Unregister();
        if (registration.Token.IsCancellationRequested) _source.SetException(new OperationCanceledException(registration.Token));
        else _source.SetResult(result);
    }

    public override Memory<byte> GetMemory(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _block.AsMemory(_end);
    }

    public override Span<byte> GetSpan(int sizeHint = 0)
    {
        MakeRoom(sizeHint);
        return _block.AsSpan(_end);
    }

    public override void Advance(int bytes)
    {
        _end += bytes;
        _unflushed += bytes;
    }

    public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<FlushResult>(cancellationToken);
        lock (socket.WriteGate)
        {
            if (_isCancelled || Send()) return new(Take());
            if (!cancellationToken.CanBeCanceled) return Wait();
        }
        var registration = cancellationToken.UnsafeRegister(static socket => ((ClientSocket)socket!).Post(), socket);
        lock (socket.WriteGate)
        {
            if (!_isCancelled && !Send() && !cancellationToken.IsCancellationRequested)
            {
                _registration = registration;
                return Wait();
            }
        }
        registration.Unregister();
        return FlushAsync(cancellationToken);
    }

    /// <summary>What can go at once is sent from where it lies.</summary>
    public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default)
    {
        if (_unflushed == 0 && !cancellationToken.IsCancellationRequested)
        {
            lock (socket.WriteGate)
            {
                if (!_isBroken && !_isCancelled)
                {
                    var sent = source.IsEmpty ? 0 : socket.TrySend(source.Span);
                    if (sent == source.Length) return new(Take());
                    if (sent > 0) source = source[sent..];
                }
            }
        }
        this.Write(source.Span);
        return FlushAsync(cancellationToken);
    }

    public override void CancelPendingFlush()
    {
        bool isWaiting;
        lock (socket.WriteGate) (_isCancelled, isWaiting) = (true, _isWaiting);
        if (isWaiting) socket.Post();
    }

    /// <summary>What was written and not flushed is sent by who closes the connection.</summary>
    public override void Complete(Exception? exception = null)
    {
    }

    /// <summary>Nobody writes any more.</summary>
    public void Release()
    {
        lock (socket.WriteGate) Clear();
    }

    FlushResult IValueTaskSource<FlushResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<FlushResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<FlushResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    ValueTask<FlushResult> Wait()
    {
        socket.WantRoom();
        if (Send())
        {
            socket.WantNoRoom();
            _registration.Unregister();
            _registration = default;
            return new(Take());
        }
        _source.Reset();
        _isWaiting = true;
        return new ValueTask<FlushResult>(this, _source.Version);
    }

    FlushResult Take()
    {
        var isCancelled = _isCancelled;
        _isCancelled = false;
        return new FlushResult(isCancelled, _isBroken);
    }

    /// <summary>Under the gate. True: nothing is left, or the connection is no more.</summary>
    bool Send()
    {
        if (_isBroken)
        {
            Clear();
            return true;
        }
        _size = _unflushed > Small ? Large : Small;
        while (_unflushed > 0)
        {
            var isLast = _full.Count == 0;
            var (block, end) = isLast ? (_block!, _end) : _full.Peek();
            var sent = _sent == end ? 0 : socket.TrySend(block.AsSpan(_sent, end - _sent), isMoreToCome: _unflushed > end - _sent);
            if (sent == -Native.Again) return false;
            if (sent < 0)
            {
                _isBroken = true;
                Clear();
                return true;
            }
            _sent += sent;
            _unflushed -= sent;
            if (_sent < end || isLast) continue;
            _full.Dequeue();
            ArrayPool<byte>.Shared.Return(block);
            _sent = 0;
        }
        Clear();
        return true;
    }

    void Clear()
    {
        while (_full.TryDequeue(out var full)) ArrayPool<byte>.Shared.Return(full.Block);
        if (_block is not null) ArrayPool<byte>.Shared.Return(_block);
        (_block, _end, _sent, _unflushed) = (null, 0, 0, 0);
    }

    void MakeRoom(int hint)
    {
        if (_block is not null)
        {
            if (_block.Length - _end >= Math.Max(hint, 1)) return;
            if (_end > 0) _full.Enqueue((_block, _end));
            else ArrayPool<byte>.Shared.Return(_block);
            _size = Large;
        }
        _block = ArrayPool<byte>.Shared.Rent(Math.Max(hint, _size));
        _end = 0;
    }
}
