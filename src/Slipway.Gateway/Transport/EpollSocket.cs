namespace Slipway.Gateway.Transport;

/// <summary>
/// A socket that an <see cref="EpollLoop"/> watches, edge-triggered. Its two directions are used by one thread each at a time, which need not be the loop's.
/// <code>
///   receive: under ReadGate    recv; would block -> it waits, until the loop says readable
///   send:    under WriteGate   send; would block -> it waits, until the loop says writable
///   close:   under both        so that no number of a closed socket, perhaps somebody else's by now, is ever used
/// </code>
/// What waited goes on outside of the gates, on the loop's thread.
/// </summary>
abstract unsafe class EpollSocket(EpollLoop loop, int handle)
{
    public const uint Everything = Native.In | Native.Out | Native.PeerHangUp | Native.EdgeTriggered;

    /// <summary>What is no error number of Linux: the socket was closed on this side.</summary>
    public const int Closed = -1_000_000;

    int _handle = handle;
    bool _isReadable;
    volatile bool _hasEnded;
    volatile bool _wantsRoom;

    public EpollLoop Loop { get; } = loop;

    /// <summary>-1: closed.</summary>
    public int Handle => _handle;

    /// <summary>The loop's own: slot and generation.</summary>
    public ulong Watched { get; set; }

    /// <summary>The other side has closed its half, or all of it.</summary>
    protected bool HasEnded => _hasEnded;

    public Lock ReadGate { get; } = new();

    public Lock WriteGate { get; } = new();

    /// <summary>Under ReadGate: there may be something to receive.</summary>
    public bool IsReadable { get => _isReadable; protected set => _isReadable = value; }

    /// <summary>
    /// Under WriteGate, before a last try to send: from here on <see cref="OnWritable"/> is called. The loop looks at it without the gate; room that it was told of
    /// before is what the last try finds.
    /// </summary>
    public void WantRoom()
    {
        _wantsRoom = true;
        Interlocked.MemoryBarrier();
    }

    /// <summary>Under WriteGate: nobody waits any more.</summary>
    public void WantNoRoom() => _wantsRoom = false;

    /// <summary>On the loop's thread.</summary>
    public virtual void OnEvents(uint events)
    {
        var ended = (events & (Native.PeerHangUp | Native.HangUp | Native.Error)) != 0;
        if (ended) _hasEnded = true;
        if (ended || (events & Native.In) != 0)
        {
            OnReadable();
        }
        // Nearly every event says that there is room to write, and hardly anybody waits for it.
        if (_wantsRoom && (events & (Native.Out | Native.HangUp | Native.Error)) != 0) OnWritable();
        if (ended) OnEnd();
    }

    /// <summary>On the loop's thread, after <see cref="EpollLoop.Post"/>.</summary>
    public abstract void OnPosted();

    /// <summary>On the loop's thread, once a second while <see cref="EpollLoop.WaitForTime"/> says so.</summary>
    public virtual void OnSweep(long now)
    {
    }

    /// <summary>From any thread: closes it now, with a reset; what is pending fails.</summary>
    public abstract void Abort(Exception? reason);

    /// <summary>Sets <see cref="IsReadable"/>, under ReadGate.</summary>
    protected virtual void OnReadable()
    {
    }

    protected virtual void OnWritable()
    {
    }

    protected virtual void OnEnd()
    {
    }

    /// <summary>Under ReadGate. Bytes; 0: the other side sends no more; -<see cref="Native.Again"/>: nothing there now; less: the error.</summary>
    public int TryReceive(Span<byte> into)
    {
        if (_handle < 0) return Closed;
        if (!_isReadable) return -Native.Again;
        fixed (byte* start = into)
        {
            while (true)
            {
                var count = (int)Native.Receive(_handle, start, (nuint)into.Length);
                if (count >= 0)
                {
                    // Less than asked for is all there was, and the next byte is a new event. An end has none of its own after its first.
                    if (count < into.Length && !_hasEnded) _isReadable = false;
                    return count;
                }
                var error = Native.LastError;
                if (error == Native.Interrupted) continue;
                if (error == Native.Again) _isReadable = false;
                return -error;
            }
        }
    }

    /// <summary>Under WriteGate. Bytes; -<see cref="Native.Again"/>: no room now; less: the error.</summary>
    public int TrySend(ReadOnlySpan<byte> data, bool isMoreToCome = false)
    {
        if (_handle < 0) return Closed;
        fixed (byte* start = data)
        {
            while (true)
            {
                var count = (int)Native.Send(_handle, start, (nuint)data.Length, Native.NoSignal | (isMoreToCome ? Native.More : 0));
                if (count >= 0) return count;
                var error = Native.LastError;
                if (error != Native.Interrupted) return -error;
            }
        }
    }

    /// <summary>Whether the other side has ended, or said something. An event alone proves neither: what it told of may have been received before it was looked at.</summary>
    /// <param name="isSure">False: the system is asked even where no event told of anything.</param>
    protected bool HasSpoken(bool isSure)
    {
        lock (ReadGate)
        {
            if (_handle < 0 || _hasEnded) return true;
            if (isSure && !_isReadable) return false;
            return _isReadable = Native.IsReadable(_handle);
        }
    }

    protected void ShutdownSend()
    {
        lock (WriteGate)
            if (_handle >= 0) _ = Native.Shutdown(_handle, Native.ShutWrite);
    }

    /// <summary>False: it was closed before.</summary>
    protected bool Close(bool reset)
    {
        int handle;
        lock (ReadGate)
            lock (WriteGate)
            {
                handle = _handle;
                _handle = -1;
            }
        if (handle < 0) return false;
        Loop.Remove(this);
        if (reset) Native.ResetOnClose(handle);
        _ = Native.Close(handle);
        return true;
    }
}
