using Slipway.Model;
using Slipway.Registry.Names;

namespace Slipway.Registry.Storage;

/// <summary>Blobs that are read into memory as a whole: configs, payloads of signatures. Thread-safe.</summary>
sealed class SmallBlobs(BlobIndex blobs, IBlobStore store)
{
    /// <summary>Null where the repository does not have it, or it is larger.</summary>
    public async Task<byte[]?> Read(RepositoryName repository, Digest digest, int maxBytes, CancellationToken cancel)
    {
        if (blobs.Find(repository, digest) is not { } blob || blob.Size > maxBytes) return null;
        await using var reader = await store.OpenBlob(blob.Key, cancel);
        if (reader is null || reader.Length != blob.Size) return null;
        var content = new byte[blob.Size];
        for (var filled = 0; filled < content.Length;)
        {
            var read = await reader.Read(content.AsMemory(filled), filled, cancel);
            if (read == 0) return null;
            filled += read;
        }
        return content;
    }
}
