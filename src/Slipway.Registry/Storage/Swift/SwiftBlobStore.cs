using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Slipway.Model;

namespace Slipway.Registry.Storage.Swift;

/// <summary>
/// Blobs in a container of OpenStack Swift.
/// <code>
/// PREFIX/store-id                  whose it is
/// PREFIX/uploads/UUID              an upload under way: a line that names its segments, and behind it the bytes that don't fill one yet
/// PREFIX/segments/UUID/NAME        bytes, or a manifest over 128 of them; each name is used once
/// PREFIX/blobs/UUID                a blob, published: the manifest over all (a Static Large Object), or the bytes themselves where they are few
///
/// bytes ─► segments ─► uploads/UUID ─► ... ─► blobs/UUID (the commit point) ─► uploads/UUID deleted
/// </code>
/// Why this is right:
/// <list type="bullet">
/// <item>Every step that counts is one PUT of one object, which Swift does as a whole or not at all, on most of its replicas before it answers. No byte of a
/// segment is sent again or copied by a publish, whatever the size; and Swift itself compares every segment with its size and MD5 when it takes a manifest.</item>
/// <item>A container's listing may lag behind in a real cluster (it is updated later where a container server is busy). So nothing that counts is asked of a listing:
/// what an upload has stands in uploads/UUID, which is asked of all replicas (X-Newest), and a blob's length in its own headers. Listings serve upkeep
/// alone: what one misses, the next one finds, and before anything is taken for a stray, its objects are asked.</item>
/// <item>Swift has no conditional overwriting. So no name of a segment is used twice, and nothing is changed under a published key: the key is the upload's, new for each publish.</item>
/// <item>Publish writes the blob, then deletes uploads/UUID; Discard deletes uploads/UUID, then looks for the blob, then deletes segments. Whichever way they meet, either
/// Discard sees the blob and leaves its segments, or Publish finds that it was given up, and takes the blob back.</item>
/// <item>Delete takes the manifest first, so that nobody sees half of a blob. Segments that a crash leaves behind belong to neither a blob nor an upload:
/// they are listed as strays, under the key segments/UUID.</item>
/// </list>
/// </summary>
sealed class SwiftBlobStore : IBlobStore, IPresignedBlobs, ICheckedStore, IMarkedStore, IDisposable
{
    const string UploadFolder = "uploads/";
    const string SegmentFolder = "segments/";
    const string BlobFolder = "blobs/";
    const string MarkKey = "store-id";

    /// <summary>Segments deleted at the same time.</summary>
    const int Deleting = 8;

    readonly ConcurrentDictionary<Guid, SwiftUploadWriter> _writers = new();

    public SwiftBlobStore(SwiftOptions options)
    {
        Objects = new SwiftObjects(options);
        Pool = new SegmentPool(options.Segment, options.Buffers, options.Timeout);
    }

    public long? FreeBytes => null;

    internal SwiftObjects Objects { get; }

    internal SegmentPool Pool { get; }

    public async Task<UploadWriter> OpenUpload(Guid upload, CancellationToken cancel)
    {
        var writer = await SwiftUploadWriter.Open(this, upload, cancel);
        _writers[upload] = writer;
        return writer;
    }

    public async Task<long> UploadLength(Guid upload, CancellationToken cancel) => (await Objects.Find(UploadKey(upload), cancel))?.Noted ?? 0;

    public async Task<string> Publish(Guid upload, Digest digest, CancellationToken cancel)
    {
        if (_writers.TryGetValue(upload, out var open)) await open.Publish(cancel);
        else
        {
            // Whoever wrote it has ended its request: all of it is in the store.
            await using var writer = await SwiftUploadWriter.Open(this, upload, cancel);
            if (writer.IsStored) await writer.Publish(cancel);
            else
            {
                writer.End();
                if (await Objects.Find(BlobKey(upload), cancel) is null) throw new IOException($"{Objects.Options.Place}: nothing is left of the upload {upload:D}; it was given up. Push again.");
            }
        }
        return BlobKey(upload);
    }

    public async Task Discard(Guid upload, CancellationToken cancel)
    {
        if (_writers.TryGetValue(upload, out var writer)) await writer.GiveUp();
        await Objects.Delete(UploadKey(upload), cancel);
        if (await Objects.Find(BlobKey(upload), cancel) is null) await DeleteSegments(upload, cancel);
    }

    public async IAsyncEnumerable<StoredUpload> Uploads([EnumeratorCancellation] CancellationToken cancel)
    {
        await foreach (var listed in Objects.List(UploadFolder, groups: false, cancel))
            if (IdOf(listed.Name, UploadFolder) is { } id) yield return new StoredUpload(id, Time(listed));
    }

    public async Task<BlobReader?> OpenBlob(string key, CancellationToken cancel) =>
        await BlobLength(key, cancel) is { } length ? new SwiftBlobReader(Objects, key, length) : null;

    public async Task<long?> BlobLength(string key, CancellationToken cancel) => (await Objects.Find(key, cancel))?.Length;

    public async Task Delete(string key, CancellationToken cancel)
    {
        if (IdOf(key.TrimEnd('/'), SegmentFolder) is { } stray)
        {
            if (await IsStray(stray, cancel)) await DeleteSegments(stray, cancel);
            return;
        }
        await Objects.Delete(key, cancel);
        if (IdOf(key, BlobFolder) is { } id) await DeleteSegments(id, cancel);
    }

    /// <summary>Blobs and, in between, what is left of segments without one.</summary>
    public async IAsyncEnumerable<StoredObject> Blobs([EnumeratorCancellation] CancellationToken cancel)
    {
        // Both in the order of identifiers.
        await using var segments = Objects.List(SegmentFolder, groups: true, cancel).GetAsyncEnumerator(cancel);
        var isMore = await segments.MoveNextAsync();
        await foreach (var listed in Objects.List(BlobFolder, groups: false, cancel))
        {
            if (IdOf(listed.Name, BlobFolder) is not { } id) continue;
            while (isMore && Order(segments.Current) is var before && string.CompareOrdinal(before, listed.Name![BlobFolder.Length..]) is var order and <= 0)
            {
                if (order < 0 && await FindStray(segments.Current, cancel) is { } stray) yield return stray;
                isMore = await segments.MoveNextAsync();
            }
            yield return new StoredObject(BlobKey(id), listed.Bytes, Time(listed));
        }
        while (isMore)
        {
            if (await FindStray(segments.Current, cancel) is { } stray) yield return stray;
            isMore = await segments.MoveNextAsync();
        }
    }

    public Task<Uri> Presign(string key, TimeSpan lifetime) => Objects.Sign(key, TimeProvider.System.GetUtcNow() + lifetime, CancellationToken.None);

    /// <summary>
    /// Writes a probe, makes a large object of it, reads, lists and deletes both: what is wrong with the settings is said at the start, not by the first push.
    /// </summary>
    public async Task Check(CancellationToken cancel)
    {
        var (key, large) = ($"probe-{Guid.NewGuid():D}", $"probe-{Guid.NewGuid():D}-large");
        var content = RandomNumberGenerator.GetBytes(16);
        var etag = await Objects.Put(key, content, cancel);
        try
        {
            try
            {
                await Objects.PutManifest(large, [new SwiftManifestEntry(Objects.ManifestPath(key), etag, content.Length)], cancel);
            }
            catch (SwiftException refused) when (refused.Status is HttpStatusCode.BadRequest or HttpStatusCode.LengthRequired or HttpStatusCode.UnprocessableEntity)
            {
                throw new IOException($"{Objects.Options.Place}: the service made no Static Large Object; does its proxy's pipeline have 'slo'? {refused.Message}", refused);
            }
            await using var reader = new SwiftBlobReader(Objects, large, content.Length);
            var read = new byte[content.Length];
            // Without SLO the manifest itself would come back.
            if (await BlobLength(large, cancel) != content.Length || await reader.Read(read, 0, cancel) != read.Length || !read.AsSpan().SequenceEqual(content))
                throw new IOException($"{Objects.Options.Place}: a Static Large Object does not give the bytes of its segment; the proxy's pipeline needs 'slo'.");
            await foreach (var _ in Objects.List(key, groups: false, cancel)) break;
        }
        finally
        {
            await Objects.Delete(large, CancellationToken.None);
            await Objects.Delete(key, CancellationToken.None);
        }
    }

    public string MarkPlace => $"{Objects.Options.Place}: {MarkKey}";

    public async Task<string?> ReadMark(CancellationToken cancel)
    {
        if (await BlobLength(MarkKey, cancel) is not { } length) return null;
        await using var reader = new SwiftBlobReader(Objects, MarkKey, length);
        using var text = new StreamReader(new BlobStream(reader));
        return (await text.ReadToEndAsync(cancel)).Trim();
    }

    public Task WriteMark(string mark, CancellationToken cancel) => Objects.Put(MarkKey, Encoding.UTF8.GetBytes(mark + "\n"), cancel);

    public void Dispose()
    {
        Objects.Dispose();
        Pool.Dispose();
    }

    internal void Closed(Guid upload, SwiftUploadWriter writer) => _writers.TryRemove(new(upload, writer));

    internal static string UploadKey(Guid upload) => UploadFolder + Text(upload);

    internal static string BlobKey(Guid upload) => BlobFolder + Text(upload);

    internal static string SegmentKey(Guid upload, string name) => $"{SegmentFolder}{Text(upload)}/{name}";

    internal async Task DeleteSegments(Guid upload, CancellationToken cancel) =>
        await Parallel.ForEachAsync(Objects.List(SegmentKey(upload, ""), groups: false, cancel), new ParallelOptions { MaxDegreeOfParallelism = Deleting, CancellationToken = cancel },
            async (listed, stop) => await Objects.Delete(listed.Name!, stop));

    async Task<StoredObject?> FindStray(SwiftListed group, CancellationToken cancel)
    {
        if (IdOf(Order(group), "") is not { } id || !await IsStray(id, cancel)) return null;
        var (size, last) = (0L, DateTimeOffset.MinValue);
        await foreach (var listed in Objects.List(SegmentKey(id, ""), groups: false, cancel))
        {
            size += listed.Bytes;
            if (Time(listed) > last) last = Time(listed);
        }
        return last == DateTimeOffset.MinValue ? null : new StoredObject(SegmentFolder + Text(id), size, last);
    }

    /// <summary>In this order: what is published in between has had an upload before.</summary>
    async Task<bool> IsStray(Guid id, CancellationToken cancel) => await Objects.Find(UploadKey(id), cancel) is null && await Objects.Find(BlobKey(id), cancel) is null;

    static string? Order(SwiftListed group) => group.Subdir?[SegmentFolder.Length..].TrimEnd('/');

    static string Text(Guid id) => id.ToString("D", CultureInfo.InvariantCulture);

    static Guid? IdOf(string? key, string folder) =>
        key is not null && key.StartsWith(folder, StringComparison.Ordinal) && Guid.TryParseExact(key[folder.Length..], "D", out var id) ? id : null;

    static DateTimeOffset Time(SwiftListed listed) => new(DateTime.SpecifyKind(listed.LastModified, DateTimeKind.Utc));
}
