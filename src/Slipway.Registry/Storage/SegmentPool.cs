using System.Buffers;

namespace Slipway.Registry.Storage;

/// <summary>
/// The buffers of all uploads together: what is sent to the service must lie in memory until the service has it, for it may have to be sent again.
/// Who holds one never waits for another, so that all come to their end. Thread-safe.
/// </summary>
sealed class SegmentPool(int segment, int count, TimeSpan patience) : IDisposable
{
    readonly SemaphoreSlim _free = new(count, count);

    public async Task<byte[]> Rent(CancellationToken cancel)
    {
        if (!await _free.WaitAsync(patience, cancel)) throw new IOException($"all {count} buffers of uploads are in use, and none came free in {patience.TotalSeconds:0} seconds; try again later");
        return ArrayPool<byte>.Shared.Rent(segment);
    }

    public byte[]? TryRent() => _free.Wait(0) ? ArrayPool<byte>.Shared.Rent(segment) : null;

    public void Return(byte[] buffer)
    {
        ArrayPool<byte>.Shared.Return(buffer);
        _free.Release();
    }

    public void Dispose() => _free.Dispose();
}
