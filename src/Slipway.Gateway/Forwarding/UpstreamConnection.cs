using System.Buffers;
using Slipway.Gateway.Transport;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// One connection to an instance with its buffers. Belongs to one request at a time. Two others may end it from another thread, by closing the
/// socket under a pending operation: the client that went away, and the sweeper whose deadline passed.
/// </summary>
sealed class UpstreamConnection(IUpstreamSocket socket, ConnectionPool pool, int shelf = ConnectionPool.NoLoop) : HeadBuffer, IUpstreamCall, IDisposable
{
    public const int LargeBuffer = 64 * 1024, MaxHead = 64 * 1024;

    const long Passed = -1;

    const int Turn = 1024 * 1024;

    long _deadline;
    int _relayed;
    int _disposed;
    volatile bool _headArrived;
    volatile bool _aborted;

    /// <summary>What was received and not yet used: In[Start..End].</summary>
    public byte[] In = ArrayPool<byte>.Shared.Rent(SmallBuffer);
    public int Start, End;

    /// <summary>Strings made of the previous answer's header lines: the next answer's are mostly the same.</summary>
    public ResponseLineCache Lines { get; } = new();

    /// <summary>It served a request before, so that it may turn out dead through nobody's fault.</summary>
    public bool Reused { get; set; }

    /// <summary>Environment.TickCount64 when it was put back.</summary>
    public long IdleSince { get; set; }

    public IUpstreamSocket Socket { get; } = socket;

    /// <summary>Where it lies in the pool.</summary>
    public int Shelf { get; } = shelf;

    public ReadOnlySpan<byte> Received => In.AsSpan(Start, End - Start);

    /// <summary>An idle connection has nothing to read: what is readable is its end, or bytes that nobody asked for.</summary>
    public bool IsDead => IsAborted || Socket.IsDead(TimeSpan.FromMilliseconds(Environment.TickCount64 - IdleSince));

    /// <summary>It was closed under its request, which may all the same have had its whole answer: such a connection is not kept.</summary>
    public bool IsAborted => _aborted;

    /// <summary>Sweeper: at that TickCount64 the connection is closed, unless <see cref="Disarm"/> comes first.</summary>
    public void Arm(TimeSpan limit) => Volatile.Write(ref _deadline, Environment.TickCount64 + (long)limit.TotalMilliseconds);

    /// <summary>False: the deadline has passed, and the connection was closed.</summary>
    public bool Disarm() => Volatile.Read(ref _deadline) == 0 || Interlocked.Exchange(ref _deadline, 0) != Passed;

    /// <summary>The body's sender arms the deadline while another thread may already read the head; the later of the two disarms.</summary>
    public void ArmForHead(TimeSpan limit)
    {
        Arm(limit);
        Interlocked.MemoryBarrier();
        if (_headArrived) Disarm();
    }

    public void HeadArrived()
    {
        _headArrived = true;
        Interlocked.MemoryBarrier();
    }

    public bool TimedOut => Volatile.Read(ref _deadline) == Passed;

    public void Sweep(long now)
    {
        var deadline = Volatile.Read(ref _deadline);
        if (deadline > 0 && now > deadline && Interlocked.CompareExchange(ref _deadline, Passed, deadline) == deadline) Abort();
    }

    /// <summary>
    /// Counts what was relayed. True: so much that others must have their turn. Where both sides are always ready nothing is ever waited for, and one
    /// large body would hold a thread that other clients' sockets are served by.
    /// </summary>
    public bool IsTurnOver(int more)
    {
        _relayed += more;
        if (_relayed < Turn) return false;
        _relayed = 0;
        return true;
    }

    /// <summary>Receives more behind what is there. 0: the instance closed its side. The buffer must have room (<see cref="MakeRoom"/>).</summary>
    public ValueTask<int> Receive() => Socket.ReceiveAsync(In.AsMemory(End));

    /// <summary>Makes room behind what was received: moves it to the front, and takes a larger buffer where that is not enough.</summary>
    /// <returns>False: <see cref="LargeBuffer"/> is full.</returns>
    public bool MakeRoom(bool large = false)
    {
        var length = End - Start;
        if (large && In.Length < LargeBuffer || Start == 0 && length == In.Length)
        {
            if (In.Length >= LargeBuffer) return false;
            var larger = ArrayPool<byte>.Shared.Rent(large ? LargeBuffer : Math.Min(In.Length * 2, LargeBuffer));
            Received.CopyTo(larger);
            ArrayPool<byte>.Shared.Return(In);
            In = larger;
        }
        else if (Start > 0)
        {
            Received.CopyTo(In);
        }
        (Start, End) = (0, length);
        return true;
    }

    /// <summary>Back to small buffers before a rest in the pool.</summary>
    public void Shrink()
    {
        (Start, End, _headArrived) = (0, 0, false);
        if (In.Length > SmallBuffer) In = Exchange(In);
        if (Out.Length > SmallBuffer) Out = Exchange(Out);

        static byte[] Exchange(byte[] large)
        {
            ArrayPool<byte>.Shared.Return(large);
            return ArrayPool<byte>.Shared.Rent(SmallBuffer);
        }
    }

    /// <summary>From any thread: pending operations fail, the owner disposes. The buffers stay, an operation may still be in them.</summary>
    public void Abort()
    {
        _aborted = true;
        Socket.Dispose();
    }

    /// <summary>By the owner, when no operation is pending any more.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        pool.Remove(this);
        Socket.Dispose();
        ArrayPool<byte>.Shared.Return(In);
        In = [];
        ReturnOut();
    }
}
