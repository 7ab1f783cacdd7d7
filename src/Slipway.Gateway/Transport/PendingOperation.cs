using System.Threading.Tasks.Sources;

namespace Slipway.Gateway.Transport;

/// <summary>What waits for a socket: one at a time, used again for the next one. Begun and ended under the gate of its direction, completed outside of it.</summary>
sealed class PendingOperation : IValueTaskSource<int>, IValueTaskSource
{
    ManualResetValueTaskSourceCore<int> _source;
    CancellationTokenRegistration _registration;
    CancellationToken _cancelled;

    public bool IsPending { get; private set; }

    public bool IsCancelled => _registration.Token.IsCancellationRequested;

    public short Begin(CancellationTokenRegistration registration = default)
    {
        _source.Reset();
        _registration = registration;
        IsPending = true;
        return _source.Version;
    }

    public void End()
    {
        IsPending = false;
        _cancelled = _registration.Token;
        _registration.Unregister();
        _registration = default;
    }

    public void Succeed(int count)
    {
        if (_cancelled.IsCancellationRequested && count == 0) _source.SetException(new OperationCanceledException(_cancelled));
        else _source.SetResult(count);
    }

    public void Fail(Exception error) => _source.SetException(error);

    int IValueTaskSource<int>.GetResult(short token) => _source.GetResult(token);

    void IValueTaskSource.GetResult(short token) => _source.GetResult(token);

    public ValueTaskSourceStatus GetStatus(short token) => _source.GetStatus(token);

    public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) => _source.OnCompleted(continuation, state, token, flags);
}
