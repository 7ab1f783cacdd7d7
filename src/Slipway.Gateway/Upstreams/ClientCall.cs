using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Upstreams;

/// <summary>What ends a request to an instance before its time: its client goes away, or a deadline passes.</summary>
sealed class ClientCall : IUpstreamCall, IDisposable
{
    readonly CancellationTokenSource _end = new();
    volatile bool _aborted, _headArrived;

    public CancellationToken Token => _end.Token;

    public bool TimedOut => !_aborted && _end.IsCancellationRequested;

    public void Arm(TimeSpan limit) => _end.CancelAfter(limit);

    public void Disarm() => _end.CancelAfter(Timeout.Infinite);

    /// <summary>By the body's sender, while another thread may already have the answer's head; the later of the two disarms.</summary>
    public void ArmForHead(TimeSpan limit)
    {
        if (limit == Timeout.InfiniteTimeSpan) return;
        Arm(limit);
        Interlocked.MemoryBarrier();
        if (_headArrived) Disarm();
    }

    public void HeadArrived()
    {
        _headArrived = true;
        Interlocked.MemoryBarrier();
        Disarm();
    }

    public void Abort()
    {
        _aborted = true;
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended by itself.
        }
    }

    public void Dispose() => _end.Dispose();
}
