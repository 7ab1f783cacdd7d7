namespace Slipway.Gateway.Tunnels;

/// <summary>
/// A WebSocket between a client and an instance. Bytes pass as they are; but the gateway knows where messages end, so that it can say goodbye for an instance
/// that goes away.
/// <code>
///   asked to leave ──(the message to the client under way has ended)──► Close 1001 to the client; what the instance says now is dropped
///        client answers Close ──► passed to the instance, which closes: both ended in good order
///        client does not, for <see cref="Patience"/> ──► Close 1001 to the instance, and both are cut
/// </code>
/// The client is told first: what it had sent before it knew still reaches the instance. The other way round its messages would be lost without a sign.
/// </summary>
/// <param name="abort">Resets the client's connection.</param>
[System.Diagnostics.CodeAnalysis.SuppressMessage("Design", "CA1001", Justification = "Without wait handles and timers there is nothing to dispose of, and a goodbye may come at the very end.")]
sealed class WebSocketTunnel(Stream client, InstanceEnd instance, Action abort)
{
    /// <summary>From our Close to the end of the connection.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    static readonly TimeSpan LastWord = TimeSpan.FromSeconds(1);

    readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    // Whoever writes to that side. The lock covers the tracker too.
    readonly SemaphoreSlim _down = new(1, 1), _up = new(1, 1);
    readonly CancellationTokenSource _cut = new();
    FrameTracker _toClient, _toInstance;
    volatile bool _leaving;
    bool _isClosed;
    long _closedAt;
    int _cuts;

    /// <summary>It was asked to leave.</summary>
    public bool IsLeaving => _leaving;

    /// <summary>Environment.TickCount64 of our Close; 0: none was sent.</summary>
    public long ClosedAt => Volatile.Read(ref _closedAt);

    public async Task Run(ReadOnlyMemory<byte> early, OpenWebSockets open)
    {
        open.Add(this);
        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(_cut.Token);
            var up = Tunnel.Up(client, instance, ToInstance, over.Token);
            await Tunnel.Down(instance, early, ToClient);
            _ended.TrySetResult();
            await over.CancelAsync();
            await up;
            // Cut in the midst of a message: its client must not take what it has for the end.
            if (Volatile.Read(ref _cuts) != 0 && !_isClosed) abort();
        }
        finally
        {
            open.Remove(this);
        }
    }

    /// <summary>Sends Close as soon as a message's end allows it. Does not throw.</summary>
    public async Task Leave()
    {
        _leaving = true;
        // Either the writer sees the flag at its end, or this comes after it.
        await _down.WaitAsync();
        try
        {
            await CloseIfBetween();
        }
        catch (Exception ended) when (Tunnel.IsEnd(ended))
        {
            // It has ended by itself.
        }
        finally
        {
            _down.Release();
        }
    }

    /// <summary>Ends both sides, the instance's with a Close where its frames allow it. Does not throw.</summary>
    public async Task Cut()
    {
        if (Interlocked.Exchange(ref _cuts, 1) != 0) return;
        try
        {
            if (_up.Wait(0))
            {
                // Kept: nothing may follow a Close.
                if (_toInstance is { IsBetweenFrames: true, HasClosed: false }) await instance.Write(CloseFrame.ForInstance(), CancellationToken.None).AsTask().WaitAsync(LastWord, TimeProvider.System);
                // It may still want to answer and to end by itself.
                await _ended.Task.WaitAsync(LastWord, TimeProvider.System);
            }
        }
        catch (Exception ended) when (Tunnel.IsEnd(ended) || ended is TimeoutException)
        {
            // Then it is cut without a word.
        }
        await _cut.CancelAsync();
        instance.Close();
    }

    async ValueTask ToInstance(ReadOnlyMemory<byte> data, CancellationToken cancel)
    {
        await _up.WaitAsync(cancel);
        try
        {
            _toInstance.Advance(data.Span);
            await instance.Write(data, cancel);
        }
        finally
        {
            _up.Release();
        }
    }

    async ValueTask ToClient(ReadOnlyMemory<byte> data)
    {
        await _down.WaitAsync(_cut.Token);
        try
        {
            // Read on all the same, so that the instance can end in good order.
            if (_isClosed) return;
            if (!_leaving)
            {
                _toClient.Advance(data.Span);
                await client.WriteAsync(data, _cut.Token);
            }
            else if (_toClient.AdvanceToBoundary(data.Span) is > 0 and var taken)
            {
                await client.WriteAsync(data[..taken], _cut.Token);
                if (taken < data.Length && _toClient.HasClosed) await client.WriteAsync(data[taken..], _cut.Token);
            }
            if (_leaving) await CloseIfBetween();
        }
        finally
        {
            _down.Release();
        }
    }

    async ValueTask CloseIfBetween()
    {
        if (_isClosed || _toClient.HasClosed || !_toClient.IsBetweenMessages) return;
        _isClosed = true;
        Volatile.Write(ref _closedAt, Environment.TickCount64);
        await client.WriteAsync(CloseFrame.ForClient(), _cut.Token);
    }
}
