using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Slipway.Model;

namespace Slipway.Registry.Storage.S3;

/// <summary>
/// Blobs in a bucket of S3.
/// <code>
/// PREFIX/store-id            whose it is
/// PREFIX/uploads/UUID        an upload under way: the multipart upload, its parts, and the bytes that don't fill one yet
/// PREFIX/uploads/UUID/NAME   segments of an upload above 39 GiB, until so many are there that they become one part
/// PREFIX/blobs/UUID          a blob, published, or, while there is an uploads/UUID, an upload that was read back
/// PREFIX/kept/UUID           empty: that blobs/UUID was published, and when; only of uploads that lasted long or were read back
///
/// bytes ─► parts of a multipart upload to blobs/UUID ─► ... ─► CompleteMultipartUpload (the commit point) ─► uploads/UUID deleted
/// </code>
/// Why this is right:
/// <list type="bullet">
/// <item>The commit point of a publish is one request, which S3 does as a whole or not at all. No byte is copied, whatever the size, and there is no limit of 5 GB.</item>
/// <item>What an upload has stands in uploads/UUID, written at the end of each request and in between, so any server goes on with it. It names the parts by their ETags:
/// where another server has written a part in between, the service itself refuses to complete.</item>
/// <item>Parts can't be read back before they are completed. An upload that another server began is completed first, read (it must be hashed), and published by
/// deleting uploads/UUID: as long as that is there, what is at the key is no blob. When it goes on after that, the service copies it, in ranges.</item>
/// <item>Publish and Discard are decided by the service: one of Complete and Abort finds the multipart upload. Where it was completed before, Discard deletes what is at the key
/// only if uploads/UUID says that it was not published, and kept/UUID does not say otherwise.</item>
/// <item>The time of a blob of several parts is the one at which it was begun. kept/UUID has the time of the publish, so that garbage collection never takes it for an old stray.</item>
/// <item>The key is the upload's, so each publish has a new one, and no blob ever changes under its key.</item>
/// </list>
/// </summary>
sealed class S3BlobStore : IBlobStore, IPresignedBlobs, ICheckedStore, IMarkedStore, IDisposable
{
    const string UploadFolder = "uploads/";
    const string BlobFolder = "blobs/";
    const string KeptFolder = "kept/";
    const string MarkKey = "store-id";

    readonly ConcurrentDictionary<Guid, S3UploadWriter> _writers = new();

    public S3BlobStore(S3Options options)
    {
        Objects = new S3Objects(options);
        Pool = new SegmentPool(options.Parts.Part, options.Buffers, options.Timeout);
    }

    public long? FreeBytes => null;

    internal S3Objects Objects { get; }

    internal SegmentPool Pool { get; }

    public async Task<UploadWriter> OpenUpload(Guid upload, CancellationToken cancel)
    {
        var writer = await S3UploadWriter.Open(this, upload, cancel);
        _writers[upload] = writer;
        return writer;
    }

    public async Task<long> UploadLength(Guid upload, CancellationToken cancel)
    {
        var key = UploadKey(upload);
        if (await Objects.Read(key, 0, S3UploadState.HeadSize, cancel) is not var (content, answer)) return 0;
        using (answer)
        {
            return await Reading(key, async stop =>
            {
                var head = new byte[S3UploadState.HeadSize];
                await content.ReadExactlyAsync(head, stop);
                return S3UploadState.ReadHead(head).Length;
            }, cancel);
        }
    }

    public async Task<string> Publish(Guid upload, Digest digest, CancellationToken cancel)
    {
        if (_writers.TryGetValue(upload, out var open)) await open.Publish(cancel);
        else
        {
            // Whoever wrote it has ended its request: all of it is in the store.
            await using var writer = await S3UploadWriter.Open(this, upload, cancel);
            if (writer.IsStored) await writer.Publish(cancel);
            else
            {
                writer.End();
                if (await Objects.Length(BlobKey(upload), cancel) is null) throw new IOException($"{Objects.Options.Place}: nothing is left of the upload {upload:D}; it was given up. Push again.");
            }
        }
        return BlobKey(upload);
    }

    public async Task Discard(Guid upload, CancellationToken cancel)
    {
        if (_writers.TryGetValue(upload, out var writer))
        {
            await writer.GiveUp();
            // Most often: the digest is there already, and the upload came in one request.
            if (writer.IsInMemory) return;
        }
        var (key, blob) = (UploadKey(upload), BlobKey(upload));
        var state = await LoadState(key, cancel);
        if (state?.Multipart is { } multipart) await Objects.Abort(blob, multipart, cancel);
        else
        {
            // A crash may have come between the beginning of it and its being noted.
            await foreach (var begun in Objects.ListBegun(blob, cancel)) await Objects.Abort(begun.Key, begun.Multipart, cancel);
        }
        if (state?.IsAtKey is true && await Objects.Length(KeptKey(upload), cancel) is null) await Objects.Delete(blob, cancel);
        if (state is null || state.Parts.Count >= Objects.Options.Parts.MergeFrom)
            await foreach (var segment in Objects.List(key + "/", cancel)) await Objects.Delete(segment.Key, cancel);
        if (state is not null) await Objects.Delete(key, cancel);
    }

    public async IAsyncEnumerable<StoredUpload> Uploads([EnumeratorCancellation] CancellationToken cancel)
    {
        var seen = new HashSet<Guid>();
        StoredUpload? last = null;
        await foreach (var listed in Objects.List(UploadFolder, cancel))
        {
            if (IdOf(listed.Key, UploadFolder) is not { } id) continue;
            // Segments follow what they belong to.
            if (last is { } before && before.Id == id)
            {
                if (listed.LastModified > before.LastWritten) last = before with { LastWritten = listed.LastModified };
                continue;
            }
            if (last is { } ended) yield return ended;
            seen.Add(id);
            last = new StoredUpload(id, listed.LastModified);
        }
        if (last is { } final) yield return final;
        await foreach (var begun in Objects.ListBegun(BlobFolder, cancel))
            if (IdOf(begun.Key, BlobFolder) is { } id && seen.Add(id)) yield return new StoredUpload(id, begun.Time);
    }

    public async Task<BlobReader?> OpenBlob(string key, CancellationToken cancel) =>
        await BlobLength(key, cancel) is { } length ? new S3BlobReader(Objects, key, length) : null;

    public Task<long?> BlobLength(string key, CancellationToken cancel) => Objects.Length(key, cancel);

    public async Task Delete(string key, CancellationToken cancel)
    {
        if (IdOf(key, BlobFolder) is { } id) await Objects.Delete(KeptKey(id), cancel);
        await Objects.Delete(key, cancel);
    }

    public async IAsyncEnumerable<StoredObject> Blobs([EnumeratorCancellation] CancellationToken cancel)
    {
        var open = new HashSet<Guid>();
        await foreach (var listed in Objects.List(UploadFolder, cancel))
            if (IdOf(listed.Key, UploadFolder) is { } id) open.Add(id);
        // Both in the order of identifiers.
        await using var kept = Objects.List(KeptFolder, cancel).GetAsyncEnumerator(cancel);
        var isMore = await kept.MoveNextAsync();
        await foreach (var listed in Objects.List(BlobFolder, cancel))
        {
            var name = listed.Key[BlobFolder.Length..];
            while (isMore && string.CompareOrdinal(kept.Current.Key[KeptFolder.Length..], name) < 0) isMore = await kept.MoveNextAsync();
            if (IdOf(listed.Key, BlobFolder) is not { } id || open.Contains(id)) continue;
            var time = isMore && kept.Current.Key[KeptFolder.Length..] == name && kept.Current.LastModified > listed.LastModified ? kept.Current.LastModified : listed.LastModified;
            yield return new StoredObject(listed.Key, listed.Size, time);
        }
    }

    public Task<Uri> Presign(string key, TimeSpan lifetime) => Objects.Sign(key, TimeProvider.System.GetUtcNow() + lifetime);

    /// <summary>
    /// Writes a probe, finds it, reads it, lists it and deletes it again, and begins an upload and gives it up: what is wrong with the settings is said at the start, not by the first push.
    /// </summary>
    public async Task Check(CancellationToken cancel)
    {
        var key = $"probe-{Guid.NewGuid():D}";
        var content = RandomNumberGenerator.GetBytes(16);
        await Objects.Put(key, [S3BodyPiece.Of(content)], isBlob: false, cancel);
        try
        {
            await using var reader = new S3BlobReader(Objects, key, content.Length);
            var read = new byte[content.Length];
            if (await Objects.Length(key, cancel) != content.Length || await reader.Read(read, 0, cancel) != read.Length || !read.AsSpan().SequenceEqual(content))
                throw new IOException($"{Objects.Options.Place}: the probe {key} does not hold what was written to it; does something between here and the service change or cache answers?");
            var isListed = false;
            await foreach (var listed in Objects.List(key, cancel)) isListed |= listed.Key == key;
            if (!isListed) throw new IOException($"{Objects.Options.Place}: the probe {key} was written, but is not in the bucket's listing; is it another bucket that is listed?");
            var multipart = await Objects.Begin(key + "-parts", cancel);
            try
            {
                await foreach (var _ in Objects.ListBegun(key, cancel)) break;
            }
            finally
            {
                await Objects.Abort(key + "-parts", multipart, CancellationToken.None);
            }
        }
        finally
        {
            await Objects.Delete(key, CancellationToken.None);
        }
    }

    public string MarkPlace => $"{Objects.Options.Place}: {MarkKey}";

    public async Task<string?> ReadMark(CancellationToken cancel)
    {
        if (await Objects.Read(MarkKey, 0, null, cancel) is not var (content, answer)) return null;
        using (answer)
        {
            using var text = new StreamReader(content);
            return await Reading(MarkKey, async stop => (await text.ReadToEndAsync(stop)).Trim(), cancel);
        }
    }

    public Task WriteMark(string mark, CancellationToken cancel) => Objects.Put(MarkKey, [S3BodyPiece.Of(Encoding.UTF8.GetBytes(mark + "\n"))], isBlob: false, cancel);

    public void Dispose()
    {
        Objects.Dispose();
        Pool.Dispose();
    }

    internal void Closed(Guid upload, S3UploadWriter writer) => _writers.TryRemove(new(upload, writer));

    internal static string UploadKey(Guid upload) => UploadFolder + Text(upload);

    internal static string SegmentKey(Guid upload, string name) => $"{UploadFolder}{Text(upload)}/{name}";

    internal static string BlobKey(Guid upload) => BlobFolder + Text(upload);

    internal static string KeptKey(Guid upload) => KeptFolder + Text(upload);

    /// <summary>Reads on in an answer, for no longer than one request may last.</summary>
    internal async Task<T> Reading<T>(string key, Func<CancellationToken, Task<T>> read, CancellationToken cancel)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        patience.CancelAfter(Objects.Options.Timeout);
        try
        {
            return await read(patience.Token);
        }
        catch (Exception error)
        {
            cancel.ThrowIfCancellationRequested();
            throw S3Failure.Translate(error, $"reading {key}", Objects.Options);
        }
    }

    /// <summary>Without the bytes behind it; null where there is none.</summary>
    async Task<S3UploadState?> LoadState(string key, CancellationToken cancel)
    {
        if (await Objects.Read(key, 0, null, cancel) is not var (content, answer)) return null;
        using (answer) return await Reading(key, async stop => (await ReadState(content, stop)).State, cancel);
    }

    internal static async Task<(S3UploadState State, long Length)> ReadState(Stream content, CancellationToken cancel)
    {
        var head = new byte[S3UploadState.HeadSize];
        await content.ReadExactlyAsync(head, cancel);
        var (size, length) = S3UploadState.ReadHead(head);
        var line = new byte[size];
        await content.ReadExactlyAsync(line, cancel);
        return (S3UploadState.ReadLine(line), length);
    }

    static string Text(Guid id) => id.ToString("D", CultureInfo.InvariantCulture);

    /// <summary>Of "FOLDER/UUID" and, of uploads, of what is below it.</summary>
    static Guid? IdOf(string key, string folder)
    {
        if (!key.StartsWith(folder, StringComparison.Ordinal)) return null;
        var name = key[folder.Length..];
        if (folder == UploadFolder && name.IndexOf('/', StringComparison.Ordinal) is var slash and >= 0) name = name[..slash];
        return Guid.TryParseExact(name, "D", out var id) ? id : null;
    }
}
