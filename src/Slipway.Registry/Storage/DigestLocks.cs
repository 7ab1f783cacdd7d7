using Slipway.Model;

namespace Slipway.Registry.Storage;

/// <summary>
/// Keeps apart, in this process, what publishes a digest and what deletes it: a store whose key is the digest would lose the new bytes to the
/// deletion of the old ones. Striped: some digests wait for each other without need, never for long. (Stores that other servers share give each
/// publish a key of its own, and need no such lock.) Thread-safe.
/// </summary>
sealed class DigestLocks
{
    readonly SemaphoreSlim[] _stripes = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Waits for the digest's turn; disposing ends it.</summary>
    public async Task<IDisposable> Enter(Digest digest, CancellationToken cancel)
    {
        var stripe = _stripes[Convert.ToByte(digest.Hex[..2], 16)];
        await stripe.WaitAsync(cancel);
        return new Turn(stripe);
    }

    sealed class Turn(SemaphoreSlim stripe) : IDisposable
    {
        SemaphoreSlim? _stripe = stripe;

        public void Dispose() => Interlocked.Exchange(ref _stripe, null)?.Release();
    }
}
