using System.Buffers;
using System.IO.Pipelines;
using System.Threading.Tasks.Sources;

namespace Slipway.Gateway.Transport;

/// <summary>
/// What a client sends, as Kestrel reads it. Received only when somebody asks for it: so nothing is held for a connection that is silent, and who reads slowly
/// holds the client back. What is asked for and not there yet is received by the loop's thread, on which the reader then goes on.
/// </summary>
sealed class EpollInput(ClientSocket socket) : PipeReader, IValueTaskSource<ReadResult>
{
    const int Small = 4096, Large = 64 * 1024;

    // A client that always has more to say must not keep the loop from the others.
    const int MostInRow = 32;

    ManualResetValueTaskSourceCore<ReadResult> _source;
    InputSegment? _head, _tail, _spare;
    int _start;
    int _size = Small;
    int _inRow;
    // All that is there was looked at: only more is of interest.
    bool _isExamined;
    bool _isEnded;
    bool _isWaiting;
    bool _isCompleted;
    volatile bool _isCancelled;
    Exception? _error;
    CancellationTokenRegistration _registration;

    /// <summary>Something may have been sent, or it was closed on this side, or the reading was cancelled. On the loop's thread.</summary>
    public void Continue(bool isReadable)
    {
        ReadResult result = default;
        CancellationTokenRegistration registration;
        lock (socket.ReadGate)
        {
            if (isReadable) socket.MarkReadable();
            if (!_isWaiting) return;
            if (_registration.Token.IsCancellationRequested) _error ??= new OperationCanceledException(_registration.Token);
            else if (!IsThereNews()) return;
            _isWaiting = false;
            if (_error is null) result = Take();
            registration = _registration;
            _registration = default;
        }
        registration.Unregister();
        if (_error is not { } error)
        {
            _source.SetResult(result);
            return;
        }
        // A cancelled reading is no end of the connection.
        if (error is OperationCanceledException cancelled && cancelled.CancellationToken.CanBeCanceled) _error = null;
        _source.SetException(error);
    }

    public override ValueTask<ReadResult> ReadAsync(CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested) return ValueTask.FromCanceled<ReadResult>(cancellationToken);
        lock (socket.ReadGate)
        {
            if (IsThereNews())
            {
                if (_error is not null) return ValueTask.FromException<ReadResult>(_error);
                if (++_inRow < MostInRow || !socket.Loop.IsCurrent) return new(Take());
                socket.Post();
                return Wait();
            }
            if (!cancellationToken.CanBeCanceled) return Wait();
        }
        // Not within the gate, which the call needs.
        var registration = cancellationToken.UnsafeRegister(static socket => ((ClientSocket)socket!).Post(), socket);
        lock (socket.ReadGate)
        {
            if (!IsThereNews() && !cancellationToken.IsCancellationRequested)
            {
                _registration = registration;
                return Wait();
            }
        }
        registration.Unregister();
        return ReadAsync(cancellationToken);
    }

    public override bool TryRead(out ReadResult result)
    {
        lock (socket.ReadGate)
        {
            var isThere = IsThereNews();
            if (isThere && _error is not null) throw _error;
            result = isThere ? Take() : default;
            return isThere;
        }
    }

    public override void AdvanceTo(SequencePosition consumed) => AdvanceTo(consumed, consumed);

    public override void AdvanceTo(SequencePosition consumed, SequencePosition examined)
    {
        if (_tail is null || consumed.GetObject() is not InputSegment until) return;
        _isExamined = ReferenceEquals(examined.GetObject(), _tail) && examined.GetInteger() == _tail.End;
        while (!ReferenceEquals(_head, until)) Drop(_head ?? throw new InvalidOperationException("What was consumed is not there."));
        _start = consumed.GetInteger();
        if (_start == until.End) Drop(until);
    }

    public override void CancelPendingRead()
    {
        bool isWaiting;
        lock (socket.ReadGate) (_isCancelled, isWaiting) = (true, _isWaiting);
        if (isWaiting) socket.Post();
    }

    public override void Complete(Exception? exception = null)
    {
        if (_isCompleted) return;
        _isCompleted = true;
        while (_head is not null) Drop(_head);
    }

    ReadResult IValueTaskSource<ReadResult>.GetResult(short token) => _source.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<ReadResult>.GetStatus(short token) => _source.GetStatus(token);

    void IValueTaskSource<ReadResult>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        _source.OnCompleted(continuation, state, token, flags);

    ValueTask<ReadResult> Wait()
    {
        _inRow = 0;
        _source.Reset();
        _isWaiting = true;
        return new ValueTask<ReadResult>(this, _source.Version);
    }

    /// <summary>Under the gate.</summary>
    bool IsThereNews()
    {
        if (_isCancelled || _error is not null || _isEnded || _head is not null && !_isExamined) return true;
        if (_isCompleted) throw new InvalidOperationException("Reading was completed.");
        if (!socket.IsReadable && socket.Handle >= 0) return false;
        var count = socket.TryReceive(Room());
        if (count > 0)
        {
            _tail!.Add(count);
            _isExamined = false;
            _size = _tail.IsFull ? Large : Small;
            return true;
        }
        if (_tail!.End == 0) DropEmptyTail();
        if (count == -Native.Again) return false;
        if (count == 0) _isEnded = true;
        else _error = socket.Why(count);
        return true;
    }

    ReadResult Take()
    {
        var isCancelled = _isCancelled;
        _isCancelled = false;
        return new ReadResult(_head is null ? default : new ReadOnlySequence<byte>(_head, _start, _tail!, _tail!.End), isCancelled, _isEnded);
    }

    Span<byte> Room()
    {
        if (_tail is { IsFull: false }) return _tail.Room;
        var segment = _spare ?? new InputSegment();
        _spare = null;
        segment.Begin(_size, _tail);
        if (_head is null) (_head, _start) = (segment, 0);
        _tail = segment;
        return segment.Room;
    }

    /// <summary>The first one.</summary>
    void Drop(InputSegment segment)
    {
        _head = segment.Follower;
        _start = 0;
        if (_head is null) _tail = null;
        segment.Release();
        _spare = segment;
    }

    void DropEmptyTail()
    {
        var empty = _tail!;
        if (ReferenceEquals(_head, empty))
        {
            Drop(empty);
            return;
        }
        var before = _head!;
        while (!ReferenceEquals(before.Follower, empty)) before = before.Follower!;
        before.Unlink();
        _tail = before;
        empty.Release();
        _spare = empty;
    }
}
