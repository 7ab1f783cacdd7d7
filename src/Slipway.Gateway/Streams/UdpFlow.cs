using System.Buffers;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Slipway.Gateway.Logging;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Routing;

namespace Slipway.Gateway.Streams;

/// <summary>
/// One client's datagrams to one instance and back, until nothing came for a while. Counted in on its instance all that time, so that an instance which lost
/// its route is stopped only when its flows have ended or their time is over.
/// </summary>
/// <param name="tried">Instances that refused the flow before this one.</param>
sealed class UdpFlow(
    UdpSocket socket, StreamKey key, SocketAddress client, IPAddress address, Socket upstream, StreamChoice choice, IReadOnlyList<InstanceState>? tried, InFlightLimit? limit, AccessLog? log)
{
    const int Largest = 64 * 1024, MostAtOnce = 64;

    // What a look at the next datagram is written to; nobody reads it.
    static readonly byte[] Peeked = GC.AllocateUninitializedArray<byte>(1, pinned: true);

    readonly long _started = Stopwatch.GetTimestamp();
    readonly InstanceState _instance = choice.Instance!;
    readonly StreamCounters _counters = choice.Counters!;
    long _active = Environment.TickCount64;
    long _deadline;
    long _received, _sent;
    int _isOver;

    public SocketAddress Client => client;

    /// <summary>All that refused it, this one's instance among them.</summary>
    public IReadOnlyList<InstanceState> Tried => [.. tried ?? [], _instance];

    public void Begin()
    {
        _counters.Begin();
        _ = Listen();
    }

    /// <summary>False: the instance refuses, or the flow has ended.</summary>
    public bool Forward(ReadOnlySpan<byte> datagram)
    {
        if (Volatile.Read(ref _isOver) != 0) return false;
        SocketError error;
        try
        {
            upstream.Send(datagram, SocketFlags.None, out error);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        if (error is SocketError.Success or SocketError.WouldBlock or SocketError.NoBufferSpaceAvailable or SocketError.MessageSize)
        {
            _active = Environment.TickCount64;
            Interlocked.Add(ref _received, datagram.Length);
            _counters.Receive(datagram.Length);
            return true;
        }
        // Nothing listens there (ICMP has said so of the datagram before), or the address is gone.
        return !End(StreamStatus.Refused);
    }

    /// <param name="route">That of the table now; null: there is none any more.</param>
    public void Sweep(CompiledStream? route, TimeSpan defaultIdle, long now)
    {
        var stream = (route ?? choice.Route!).Stream;
        if (route is not null && route.Has(_instance)) _deadline = 0;
        else if (_deadline == 0) _deadline = now + (long)stream.Drain.TotalMilliseconds;
        if (_deadline != 0 && now >= _deadline) End(StreamStatus.Drained);
        else if (now - Volatile.Read(ref _active) > (stream.Idle ?? defaultIdle).TotalMilliseconds) End(StreamStatus.Done);
    }

    /// <returns>Whether it was this call that ended it.</returns>
    public bool End(StreamStatus why)
    {
        if (Interlocked.Exchange(ref _isOver, 1) != 0) return false;
        socket.Forget(this);
        upstream.Dispose();
        if (why == StreamStatus.Refused) _counters.Reset();
        _instance.Disconnect();
        limit?.Leave();
        log?.Write(new StreamRecord
        {
            Key = key, Client = address, Status = why, Route = choice.Route!.Source, Release = _counters.Release, Instance = _instance.Id,
            Received = Interlocked.Read(ref _received), Sent = Interlocked.Read(ref _sent), Lasted = Stopwatch.GetElapsedTime(_started),
        });
        return true;
    }

    /// <summary>Waits for the next answer without a buffer of its own: of thousands of flows few have something to say.</summary>
    async Task Listen()
    {
        try
        {
            while (true)
            {
                await upstream.ReceiveAsync(Peeked, SocketFlags.Peek);
                // More than its turn: others on the same thread have theirs.
                if (!Answer()) await Task.Yield();
            }
        }
        catch (Exception closed) when (closed is ObjectDisposedException or SocketException { SocketErrorCode: SocketError.OperationAborted })
        {
            // It has ended.
        }
        catch (SocketException)
        {
            if (End(StreamStatus.Refused)) socket.Move(this);
        }
    }

    /// <returns>False: there may be more.</returns>
    bool Answer()
    {
        var buffer = ArrayPool<byte>.Shared.Rent(Largest);
        try
        {
            for (var i = 0; i < MostAtOnce; i++)
            {
                var length = upstream.Receive(buffer, SocketFlags.None, out var error);
                if (error != SocketError.Success)
                {
                    if (error == SocketError.WouldBlock) return true;
                    throw new SocketException((int)error);
                }
                socket.Answer(buffer.AsSpan(0, length), client);
                Volatile.Write(ref _active, Environment.TickCount64);
                Interlocked.Add(ref _sent, length);
                _counters.Send(length);
            }
            return false;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
