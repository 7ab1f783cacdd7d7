using System.Buffers;
using System.Net.Sockets;
using Slipway.Gateway.Measuring;

namespace Slipway.Gateway.Streams;

/// <summary>
/// Bytes both ways between a client and an instance. One buffer for each direction, and only while something moves: a side that does not read stops the
/// other one's sending by TCP itself. The end of one direction is passed on as such, an abort as an abort: half of something must never look like all of it.
/// </summary>
sealed class TcpRelay(Socket client)
{
    const int BufferSize = 64 * 1024;

    // Then others on the same thread have their turn.
    const int MostAtOnce = 64;

    readonly Lock _gate = new();
    StreamCounters? _counters;
    Socket? _instance;
    long _received, _sent;
    bool _isOver;
    volatile bool _instanceHasEnded;

    public long LastActive { get; private set; } = Environment.TickCount64;

    public long Received => Volatile.Read(ref _received);

    public long Sent => Volatile.Read(ref _sent);

    public bool IsAborted { get; private set; }

    public StreamStatus Why { get; private set; }

    /// <summary>The socket by which an instance is asked; it is closed with the others. False: it is over already.</summary>
    public bool Attach(Socket instance)
    {
        lock (_gate)
        {
            if (_isOver) return false;
            _instance = instance;
            return true;
        }
    }

    public async Task<StreamStatus> Run(StreamCounters counters)
    {
        (_counters, LastActive) = (counters, Environment.TickCount64);
        await Task.WhenAll(Pump(client, _instance!, isUp: true), Pump(_instance!, client, isUp: false));
        return Why;
    }

    /// <summary>Ends both sides now. The first reason counts.</summary>
    public void Abort(StreamStatus why)
    {
        lock (_gate)
        {
            if (_isOver) return;
            (_isOver, IsAborted, Why) = (true, true, why);
        }
        // Nothing came for long: an orderly end, which both directions then see. Else the other side must notice that something is missing.
        if (why == StreamStatus.Idle)
        {
            End(client, SocketShutdown.Both);
            if (_instance is not null) End(_instance, SocketShutdown.Both);
            return;
        }
        Reset(client);
        if (_instance is not null) Reset(_instance);
        client.Dispose();
        _instance?.Dispose();
    }

    /// <summary>It is over, whatever it came to: both sockets are let go of.</summary>
    public void Close()
    {
        lock (_gate) _isOver = true;
        client.Dispose();
        _instance?.Dispose();
    }

    async Task Pump(Socket from, Socket to, bool isUp)
    {
        byte[]? buffer = null;
        var (atOnce, isFull) = (0, false);
        var isReading = true;
        try
        {
            while (true)
            {
                isReading = true;
                if (!isFull)
                {
                    var ready = from.ReceiveAsync(Memory<byte>.Empty, SocketFlags.None);
                    if (!ready.IsCompleted)
                    {
                        // An idle connection holds no buffer.
                        if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
                        (buffer, atOnce) = (null, 0);
                    }
                    await ready;
                }
                buffer ??= ArrayPool<byte>.Shared.Rent(BufferSize);
                var read = await from.ReceiveAsync(buffer.AsMemory(0, BufferSize), SocketFlags.None);
                LastActive = Environment.TickCount64;
                isReading = false;
                if (read == 0) break;
                isFull = read == BufferSize;
                for (var sent = 0; sent < read;) sent += await to.SendAsync(buffer.AsMemory(sent, read - sent), SocketFlags.None);
                LastActive = Environment.TickCount64;
                Count(read, isUp);
                if (++atOnce % MostAtOnce == 0) await Task.Yield();
            }
            if (!isUp) _instanceHasEnded = true;
            End(to, SocketShutdown.Send);
        }
        catch (Exception broken) when (broken is SocketException or ObjectDisposedException)
        {
            // Whoever we read from has reset it, or whom we write to takes no more: of an instance that had ended before that is no failure.
            Abort(isUp == isReading ? StreamStatus.ClientGone : _instanceHasEnded ? StreamStatus.Done : StreamStatus.Reset);
        }
        finally
        {
            if (buffer is not null) ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    void Count(int bytes, bool isUp)
    {
        if (isUp)
        {
            Interlocked.Add(ref _received, bytes);
            _counters!.Receive(bytes);
        }
        else
        {
            Interlocked.Add(ref _sent, bytes);
            _counters!.Send(bytes);
        }
    }

    static void End(Socket socket, SocketShutdown how)
    {
        try
        {
            socket.Shutdown(how);
        }
        catch (Exception gone) when (gone is SocketException or ObjectDisposedException)
        {
            // It was reset; reading from it tells.
        }
    }

    static void Reset(Socket socket)
    {
        try
        {
            socket.LingerState = new LingerOption(true, 0);
        }
        catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
        {
            // Then it is closed.
        }
    }
}
