using System.Buffers;

namespace Slipway.Registry.Storage;

/// <summary>
/// What of one upload is not at the service yet. Small at first, so that small uploads take none of the pool's buffers; then one of the pool's; and while
/// a full one is being sent, a second one where there is one. For one caller at a time.
/// </summary>
sealed class UploadBuffer(SegmentPool pool)
{
    /// <summary>An upload that stays below takes none of the pool's buffers.</summary>
    const int Small = 256 << 10;

    byte[]? _bytes;
    bool _isPooled;
    Task _sending = Task.CompletedTask;
    Exception? _failure;

    public int Filled { get; private set; }

    public ArraySegment<byte> Content => new(_bytes ?? [], 0, Filled);

    /// <summary>Takes of the bytes what fits below a number in all, and returns how many these are.</summary>
    public async ValueTask<int> Add(ReadOnlyMemory<byte> bytes, int most, CancellationToken cancel)
    {
        await Room(Filled + bytes.Length, cancel);
        var taken = Math.Min(bytes.Length, Math.Min(_bytes!.Length, most) - Filled);
        bytes.Span[..taken].CopyTo(_bytes.AsSpan(Filled));
        Filled += taken;
        return taken;
    }

    /// <summary>Fills the empty buffer with what the service has.</summary>
    public async Task Load(int count, Func<Memory<byte>, Task> read, CancellationToken cancel)
    {
        await Room(count, cancel);
        await read(_bytes.AsMemory(0, count));
        Filled = count;
    }

    /// <summary>Forgets what is in it: the service has it, in another way.</summary>
    public void Clear() => Filled = 0;

    /// <summary>Empties it into a sending, which goes on while the next bytes come if the pool has a second buffer. Returns how many bytes these were.</summary>
    public async Task<int> Send(Func<ArraySegment<byte>, CancellationToken, Task> send, CancellationToken cancel)
    {
        var count = Filled;
        if (pool.TryRent() is { } other)
        {
            _sending = SendAndReturn(_bytes!, count, send);
            _bytes = other;
        }
        else await send(Content, cancel);
        Filled = 0;
        return count;
    }

    /// <summary>Waits for what is being sent. Where that failed, its bytes are lost, and with them this upload.</summary>
    public async Task Settle()
    {
        ThrowIfFailed();
        try
        {
            await _sending;
        }
        catch (IOException failed)
        {
            _failure = failed;
            throw;
        }
    }

    public void ThrowIfFailed()
    {
        if (_failure is not null) throw new IOException(_failure.Message, _failure);
    }

    /// <summary>Waits for what is being sent, however it ends.</summary>
    public async Task End() => await _sending.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    public void GiveBack()
    {
        if (_bytes is null) return;
        if (_isPooled) pool.Return(_bytes);
        else ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = null;
    }

    async Task SendAndReturn(byte[] full, int count, Func<ArraySegment<byte>, CancellationToken, Task> send)
    {
        try
        {
            await send(new ArraySegment<byte>(full, 0, count), CancellationToken.None);
        }
        finally
        {
            pool.Return(full);
        }
    }

    async Task Room(int wanted, CancellationToken cancel)
    {
        if (_bytes is not null && (_isPooled || wanted <= Small)) return;
        if (_bytes is null && wanted <= Small)
        {
            _bytes = ArrayPool<byte>.Shared.Rent(Small);
            return;
        }
        var large = await pool.Rent(cancel);
        if (_bytes is not null)
        {
            _bytes.AsSpan(0, Filled).CopyTo(large);
            ArrayPool<byte>.Shared.Return(_bytes);
        }
        (_bytes, _isPooled) = (large, true);
    }
}
