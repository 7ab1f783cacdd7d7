using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Azure.Storage.Sas;

namespace Slipway.Registry.Storage.Azure;

/// <summary>
/// The requests of which the store is made, by key (the blob's name without the prefix). The SDK asks again where a request fails for the moment; what is
/// left is an <see cref="IOException"/> that says where, what, and what would be right. "Not there" is null. Thread-safe.
/// </summary>
sealed class AzureBlobs(AzureOptions options)
{
    /// <summary>Metadata: the digest of what is published. Without it a blob is an upload under way.</summary>
    const string DigestName = "slipwaydigest";

    /// <summary>Metadata: which request wrote last, so that one whose answer was lost is known again.</summary>
    const string WriteName = "slipwaywrite";

    readonly BlobContainerClient _container = options.Connect();
    readonly string _prefix = options.Prefix.Length == 0 ? "" : options.Prefix + "/";

    public AzureOptions Options => options;

    public Task<AzureContent?> Find(string key, CancellationToken cancel) => Call($"looking for {key}", async () =>
    {
        try
        {
            var found = (await At(key).GetPropertiesAsync(cancellationToken: cancel)).Value;
            return new AzureContent(found.ContentLength, found.ETag, found.Metadata.ContainsKey(DigestName), found.Metadata.TryGetValue(WriteName, out var write) ? write : null);
        }
        catch (RequestFailedException missing) when (AzureFailure.IsMissing(missing))
        {
            return null;
        }
    }, cancel);

    /// <summary>What is committed; null where nothing is.</summary>
    public Task<AzureUploadState?> FindUpload(string key, CancellationToken cancel) => Call($"looking for {key}", async () =>
    {
        try
        {
            var found = (await At(key).GetBlockListAsync(BlockListTypes.Committed, cancellationToken: cancel)).Value;
            var blocks = found.CommittedBlocks.Select(block => new AzureBlock(block.Name, block.SizeLong)).ToList();
            if (blocks.Count > 0 || found.BlobContentLength > 0) return new AzureUploadState(found.ETag, found.BlobContentLength, blocks);
            // Nothing but staged blocks; or it is there, and empty.
            return await At(key).ExistsAsync(cancel) ? new AzureUploadState(found.ETag, 0, []) : null;
        }
        catch (RequestFailedException missing) when (AzureFailure.IsMissing(missing))
        {
            return null;
        }
    }, cancel);

    public Task Stage(string key, string block, Stream content, CancellationToken cancel) => Call($"writing {content.Length} bytes to {key}", async () =>
    {
        await At(key).StageBlockAsync(block, content, cancellationToken: cancel);
        return true;
    }, cancel);

    /// <summary>Makes the blocks the blob's content. Without a tag there must be nothing yet.</summary>
    public Task<ETag> Commit(string key, IReadOnlyList<string> blocks, ETag? tag, string? digest, CancellationToken cancel) => Write($"committing {key}", key, digest, async metadata =>
        (await At(key).CommitBlockListAsync(blocks, new CommitBlockListOptions { Conditions = When(tag), Metadata = metadata }, cancel)).Value.ETag, cancel);

    /// <summary>Writes a small blob by one request.</summary>
    public Task<ETag> Put(string key, ArraySegment<byte> content, ETag? tag, string? digest, CancellationToken cancel) => Write($"writing {content.Count} bytes to {key}", key, digest, async metadata =>
    {
        using var stream = new MemoryStream(content.Array!, content.Offset, content.Count, writable: false);
        return (await At(key).UploadAsync(stream, new BlobUploadOptions { Conditions = When(tag), Metadata = metadata }, cancel)).Value.ETag;
    }, cancel, async metadata =>
    {
        // There are staged blocks, which some take for a blob that is there. A block list is taken all the same.
        var block = NewBlockId();
        using var stream = new MemoryStream(content.Array!, content.Offset, content.Count, writable: false);
        if (content.Count > 0) await At(key).StageBlockAsync(block, stream, cancellationToken: cancel);
        return (await At(key).CommitBlockListAsync(content.Count > 0 ? [block] : [], new CommitBlockListOptions { Conditions = When(tag), Metadata = metadata }, cancel)).Value.ETag;
    });

    public static string NewBlockId() => Convert.ToBase64String(RandomNumberGenerator.GetBytes(16));

    /// <summary>Says of what is committed that it is published.</summary>
    public Task<ETag> Mark(string key, ETag tag, string digest, CancellationToken cancel) => Write($"publishing {key}", key, digest, async metadata =>
        (await At(key).SetMetadataAsync(metadata, When(tag), cancel)).Value.ETag, cancel);

    /// <summary>False where the blob is another than that of the tag. No error where there is none.</summary>
    public Task<bool> Delete(string key, ETag? tag, CancellationToken cancel) => Call($"deleting {key}", async () =>
    {
        try
        {
            await At(key).DeleteIfExistsAsync(DeleteSnapshotsOption.IncludeSnapshots, tag is null ? null : When(tag), cancel);
            return true;
        }
        catch (RequestFailedException changed) when (AzureFailure.IsChanged(changed))
        {
            return false;
        }
    }, cancel);

    /// <summary>Null where there is no such blob.</summary>
    public Task<Stream?> Read(string key, long offset, long count, CancellationToken cancel) => Call<Stream?>($"reading {key}", async () =>
    {
        try
        {
            return (await At(key).DownloadStreamingAsync(new BlobDownloadOptions { Range = new HttpRange(offset, count) }, cancel)).Value.Content;
        }
        catch (RequestFailedException missing) when (AzureFailure.IsMissing(missing))
        {
            return null;
        }
    }, cancel);

    /// <summary>What is committed under the keys that begin so.</summary>
    public async IAsyncEnumerable<AzureEntry> List(string keys, [EnumeratorCancellation] CancellationToken cancel)
    {
        await using var pages = _container.GetBlobsAsync(BlobTraits.Metadata, BlobStates.None, _prefix + keys, cancel).AsPages(pageSizeHint: options.Page).GetAsyncEnumerator(cancel);
        while (await Call($"listing {keys}", async () => await pages.MoveNextAsync(), cancel))
        {
            foreach (var blob in pages.Current.Values)
                yield return new AzureEntry(blob.Name[_prefix.Length..], blob.Properties.ContentLength ?? 0, blob.Properties.LastModified ?? default, blob.Metadata.ContainsKey(DigestName));
        }
    }

    /// <summary>An address by which the blob can be read without a credential.</summary>
    public Uri Sign(string key, DateTimeOffset until)
    {
        var blob = At(key);
        if (!blob.CanGenerateSasUri) throw new IOException($"{options.Place}: an address for clients can't be signed without the account's key; give 'account' and 'key', or leave 'redirect' out.");
        return blob.GenerateSasUri(BlobSasPermissions.Read, until);
    }

    public IOException Failure(Exception error, string operation) => AzureFailure.Translate(error, operation, options);

    /// <param name="whenNothingIs">How else to write it, where the request is refused although nothing is committed.</param>
    async Task<ETag> Write(string operation, string key, string? digest, Func<IDictionary<string, string>, Task<ETag>> write, CancellationToken cancel,
        Func<IDictionary<string, string>, Task<ETag>>? whenNothingIs = null)
    {
        var own = Guid.NewGuid().ToString("N");
        var metadata = new Dictionary<string, string> { [WriteName] = own };
        if (digest is not null) metadata[DigestName] = digest;
        try
        {
            return await Call(operation, () => write(metadata), cancel);
        }
        catch (IOException error) when (error.InnerException is RequestFailedException changed && AzureFailure.IsChanged(changed))
        {
            // The request of which the answer was lost and which the SDK sent again; else somebody else has written.
            var found = await Find(key, cancel);
            if (found?.Write == own) return found.Tag;
            if (found is null && whenNothingIs is not null && changed.Status == 409) return await Call(operation, () => whenNothingIs(metadata), cancel);
            throw new IOException($"{options.Place}: {operation} failed: another server has written to the same upload, or given it up, since this one opened it.", error);
        }
    }

    async Task<T> Call<T>(string operation, Func<Task<T>> call, CancellationToken cancel)
    {
        try
        {
            return await call();
        }
        catch (Exception error) when (error is not IOException || error.InnerException is not RequestFailedException)
        {
            cancel.ThrowIfCancellationRequested();
            throw Failure(error, operation);
        }
    }

    BlockBlobClient At(string key) => _container.GetBlockBlobClient(_prefix + key);

    static BlobRequestConditions When(ETag? tag) => tag is null ? new BlobRequestConditions { IfNoneMatch = ETag.All } : new BlobRequestConditions { IfMatch = tag };
}

/// <param name="Write">Which request wrote it last.</param>
sealed record AzureContent(long Length, ETag Tag, bool IsPublished, string? Write);

readonly record struct AzureEntry(string Key, long Size, DateTimeOffset LastWritten, bool IsPublished);

/// <param name="Length">Of what is committed. Bytes that are in no block were written by one small put.</param>
sealed record AzureUploadState(ETag Tag, long Length, List<AzureBlock> Blocks);
