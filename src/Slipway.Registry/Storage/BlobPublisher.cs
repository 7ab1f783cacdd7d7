using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;

namespace Slipway.Registry.Storage;

/// <summary>
/// From an upload whose bytes have the digest to a blob of a repository.
/// <code>
/// the digest is there, whole ──────────────────────────► link, upload discarded
/// missing, of another length, or known to be damaged ──► prepare ─► publish ─► row and link
/// </code>
/// </summary>
sealed class BlobPublisher(IBlobStore store, BlobIndex blobs, DigestLocks locks)
{
    public async Task Publish(RepositoryName repository, Digest digest, Guid upload, UploadWriter writer, Caller caller, CancellationToken cancel)
    {
        var size = writer.Length;
        var there = await FindWhole(digest, size, cancel);
        // The long part, outside of the lock.
        if (there is null) await writer.Prepare(cancel);
        // From here on the client's going away must not leave it half-done.
        using (await locks.Enter(digest, CancellationToken.None))
        {
            if (there is null || !await blobs.Share(repository, digest, there, upload, caller))
            {
                // It was collected in this very moment.
                if (there is not null) await writer.Prepare(CancellationToken.None);
                var key = await store.Publish(upload, digest, CancellationToken.None);
                await blobs.Add(repository, digest, new StoredBlob(size, key), upload, caller);
                return;
            }
        }
        await store.Discard(upload, CancellationToken.None);
    }

    /// <summary>The bytes that some repository has already; null also where what the store has is not what the row says, so that it is replaced.</summary>
    async Task<StoredBlob?> FindWhole(Digest digest, long size, CancellationToken cancel) =>
        blobs.FindAnywhere(digest) is { } blob && blob.Size == size && await store.BlobLength(blob.Key, cancel) == size ? blob : null;
}
