using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Slipway.Model;

namespace Slipway.Registry.Storage.Azure;

/// <summary>
/// Blobs in a container of Azure Blob Storage. An upload and the blob that it becomes are the same block blob; what tells them apart is metadata.
/// <code>
/// PREFIX/store-id       whose it is
/// PREFIX/blobs/UUID     metadata slipwaywrite only     an upload: what is committed is its bytes, and where to go on
///                       metadata slipwaydigest too     a blob, published
///
/// bytes ─► blocks (staged) ─► block list (committed, without digest) ─► ... ─► block list, or metadata, with digest
/// </code>
/// Why this is right:
/// <list type="bullet">
/// <item>The commit point of a publish is one request, which puts the block list (or a small content, or only the metadata) together with the digest. Azure does it
/// as a whole or not at all, and keeps it durably before it answers. No byte is copied, whatever the size.</item>
/// <item>Staged blocks can't be read back, committed ones can; so each request that ends, and each eighth of a long one, commits what it has. Another server finds
/// the upload by its identifier alone: length, blocks, and bytes to hash.</item>
/// <item>A block has a random identifier, and each write demands the ETag that was found at the opening: what a server sends that has lost its hold of the upload,
/// or after it was given up, is refused (412). A write whose answer was lost is known again by its own number in the metadata.</item>
/// <item>What was staged and never committed is seen by nobody, and Azure removes it with the next commit, or after a week.</item>
/// <item>The key is the upload's, so each publish has a new one, and no blob ever changes under its key.</item>
/// </list>
/// </summary>
sealed class AzureBlobStore : IBlobStore, IPresignedBlobs, ICheckedStore, IMarkedStore, IDisposable
{
    const string Folder = "blobs/";
    const string MarkKey = "store-id";

    readonly ConcurrentDictionary<Guid, AzureUploadWriter> _writers = new();

    public AzureBlobStore(AzureOptions options)
    {
        Blobs = new AzureBlobs(options);
        Pool = new SegmentPool(options.Blocks.Block, options.Buffers, options.Timeout);
    }

    public long? FreeBytes => null;

    internal AzureBlobs Blobs { get; }

    internal SegmentPool Pool { get; }

    public async Task<UploadWriter> OpenUpload(Guid upload, CancellationToken cancel)
    {
        var writer = await Open(upload, cancel);
        _writers[upload] = writer;
        return writer;
    }

    public async Task<long> UploadLength(Guid upload, CancellationToken cancel) =>
        await Blobs.Find(KeyOf(upload), cancel) is { IsPublished: false } found ? found.Length : 0;

    public async Task<string> Publish(Guid upload, Digest digest, CancellationToken cancel)
    {
        if (_writers.TryGetValue(upload, out var open))
        {
            await open.Publish(digest, cancel);
            return KeyOf(upload);
        }
        // Whoever wrote it is gone, or has ended its request: all of it is committed.
        await using var writer = await Open(upload, cancel);
        await writer.Publish(digest, cancel);
        return KeyOf(upload);
    }

    public async Task Discard(Guid upload, CancellationToken cancel)
    {
        if (_writers.TryGetValue(upload, out var writer)) await writer.End();
        // Only the very thing that was seen to be an upload, so that a publish in this moment wins.
        while (await Blobs.Find(KeyOf(upload), cancel) is { IsPublished: false } found && !await Blobs.Delete(KeyOf(upload), found.Tag, cancel))
        {
        }
    }

    public async IAsyncEnumerable<StoredUpload> Uploads([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in Blobs.List(Folder, cancel))
            if (!entry.IsPublished && IdOf(entry.Key) is { } id) yield return new StoredUpload(id, entry.LastWritten);
    }

    public async Task<BlobReader?> OpenBlob(string key, CancellationToken cancel) =>
        await BlobLength(key, cancel) is { } length ? new AzureBlobReader(Blobs, key, length) : null;

    public async Task<long?> BlobLength(string key, CancellationToken cancel) => await Blobs.Find(key, cancel) is { IsPublished: true } found ? found.Length : null;

    public Task Delete(string key, CancellationToken cancel) => Blobs.Delete(key, null, cancel);

    async IAsyncEnumerable<StoredObject> IBlobStore.Blobs([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var entry in Blobs.List(Folder, cancel))
            if (entry.IsPublished) yield return new StoredObject(entry.Key, entry.Size, entry.LastWritten);
    }

    public Task<Uri> Presign(string key, TimeSpan lifetime) => Task.FromResult(Blobs.Sign(key, TimeProvider.System.GetUtcNow() + lifetime));

    /// <summary>
    /// Writes a probe, finds it, reads it, lists it and deletes it again: what is wrong with the settings is said at the start, not by the first push.
    /// </summary>
    public async Task Check(CancellationToken cancel)
    {
        var key = $"probe-{Guid.NewGuid():D}";
        var content = RandomNumberGenerator.GetBytes(16);
        var tag = await Blobs.Put(key, content, null, null, cancel);
        try
        {
            await using var reader = new AzureBlobReader(Blobs, key, content.Length);
            var read = new byte[content.Length];
            if (await reader.Read(read, 0, cancel) != read.Length || !read.AsSpan().SequenceEqual(content))
                throw new IOException($"{Blobs.Options.Place}: the probe {key} does not hold what was written to it; does something between here and the service change or cache answers?");
            var isListed = false;
            await foreach (var entry in Blobs.List(key, cancel)) isListed |= entry.Key == key;
            if (!isListed) throw new IOException($"{Blobs.Options.Place}: the probe {key} was written, but is not in the container's listing; is it another container that is listed?");
        }
        finally
        {
            await Blobs.Delete(key, tag, CancellationToken.None);
        }
    }

    public string MarkPlace => $"{Blobs.Options.Place}: {MarkKey}";

    public async Task<string?> ReadMark(CancellationToken cancel)
    {
        if (await Blobs.Find(MarkKey, cancel) is not { } found) return null;
        await using var reader = new AzureBlobReader(Blobs, MarkKey, found.Length);
        using var text = new StreamReader(new BlobStream(reader));
        return (await text.ReadToEndAsync(cancel)).Trim();
    }

    public async Task WriteMark(string mark, CancellationToken cancel) => await Blobs.Put(MarkKey, Encoding.UTF8.GetBytes(mark + "\n"), (await Blobs.Find(MarkKey, cancel))?.Tag, null, cancel);

    public void Dispose() => Pool.Dispose();

    internal void Closed(Guid upload, AzureUploadWriter writer) => _writers.TryRemove(new(upload, writer));

    internal static string KeyOf(Guid upload) => Folder + upload.ToString("D", CultureInfo.InvariantCulture);

    static Guid? IdOf(string key) => Guid.TryParseExact(key[Folder.Length..], "D", out var id) ? id : null;

    async Task<AzureUploadWriter> Open(Guid upload, CancellationToken cancel) => new(this, upload, await Blobs.FindUpload(KeyOf(upload), cancel));
}
