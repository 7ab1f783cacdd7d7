using System.Security.Cryptography;
using Slipway.Model;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.Storage;

/// <summary>
/// What every blob store must do; each has a class that inherits this one, and those that are reached over a network <see cref="NetworkStoreContract"/>.
/// </summary>
public abstract class BlobStoreContract
{
    static readonly byte[] Content = Client.Random(300_000);
    static readonly Digest ContentDigest = Digest.Parse(Client.Sha256(Content));

    IBlobStore? _store;

    /// <summary>Opens the store of this test, as one more process would: nothing but the place is shared with what was opened before. An empty place for each test.</summary>
    private protected abstract IBlobStore Open();

    /// <summary>Bytes at which the store begins a new part; the sizes around it are tried.</summary>
    private protected virtual int PartSize => 1 << 20;

    /// <summary>More objects than the store lists in one answer: its class sets small pages.</summary>
    private protected virtual int MoreThanAPage => 25;

    private protected IBlobStore Store => _store ??= Open();

    [Fact]
    public async Task Upload_AppendedOverSeveralHolds_IsPublishedWhole()
    {
        var id = Guid.NewGuid();
        await Append(Store, id, Content[..100_000]);
        (await Store.UploadLength(id, default)).ShouldBe(100_000);
        await Append(Store, id, Content[100_000..]);

        var key = await Store.Publish(id, ContentDigest, default);

        (await Store.BlobLength(key, default)).ShouldBe(Content.Length);
        (await ReadAll(Store, key)).ShouldBe(Content);
        (await Store.UploadLength(id, default)).ShouldBe(0);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 1)]
    [InlineData(1, -1)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    public async Task Publish_SizesAroundAPart_AreWhole(int parts, int more)
    {
        var content = Client.Random(parts * PartSize + more);
        var id = Guid.NewGuid();
        await using (var writer = await Store.OpenUpload(id, default))
        {
            // As requests come: pieces that end anywhere.
            for (var sent = 0; sent < content.Length; sent += 200_000) await writer.Append(content.AsMemory(sent, Math.Min(200_000, content.Length - sent)), default);
            writer.Length.ShouldBe(content.Length);
            await writer.Flush(default);
            var key = await Store.Publish(id, Digest.Sha256(content), default);
            (await ReadAll(Store, key)).SequenceEqual(content).ShouldBeTrue();
            (await ReadAll(Open(), key)).SequenceEqual(content).ShouldBeTrue();
        }
        (await Uploads(Store)).ShouldNotContain(id);
        (await Blobs(Store)).Single().Size.ShouldBe(content.Length);
    }

    [Fact]
    public async Task Upload_GoneOnWithByAnotherProcess_IsWhole()
    {
        var content = Client.Random(PartSize * 3 + 12_345);
        var id = Guid.NewGuid();
        // Ends below, at and above a part's end.
        int[] ends = [1000, PartSize, PartSize * 2 + 4321, PartSize * 2 + 4322, content.Length];
        var begin = 0;
        foreach (var end in ends)
        {
            var store = Open();
            (await store.UploadLength(id, default)).ShouldBe(begin);
            await Append(store, id, content[begin..end]);
            begin = end;
        }
        var last = Open();
        (await last.UploadLength(id, default)).ShouldBe(content.Length);
        var key = await last.Publish(id, Digest.Sha256(content), default);
        (await ReadAll(Store, key)).SequenceEqual(content).ShouldBeTrue();
        (await Uploads(Store)).ShouldNotContain(id);
    }

    [Fact]
    public async Task Upload_DisposedWithoutFlush_IsThereForTheNext()
    {
        var id = Guid.NewGuid();
        await using (var writer = await Store.OpenUpload(id, default)) await writer.Append(Content, default);
        await using var next = await Open().OpenUpload(id, default);
        next.Length.ShouldBe(Content.Length);
    }

    [Fact]
    public async Task Flush_WriterIsLost_BytesAreThere()
    {
        var content = Client.Random(PartSize + 70_000);
        var id = Guid.NewGuid();
        // Not disposed of: its process was killed.
        var writer = await Store.OpenUpload(id, default);
        await writer.Append(content, default);
        await writer.Flush(default);

        var other = Open();

        (await other.UploadLength(id, default)).ShouldBe(content.Length);
        (await other.OpenUpload(id, default)).Length.ShouldBe(content.Length);
        (await ReadAll(other, await other.Publish(id, Digest.Sha256(content), default))).SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Upload_ReadWhileAppending_GivesWhatIsThere()
    {
        await using var writer = await Store.OpenUpload(Guid.NewGuid(), default);
        await writer.Append(Content.AsMemory(0, 1000), default);
        var buffer = new byte[2000];
        (await writer.Read(buffer, 100, default)).ShouldBe(900);
        buffer.AsSpan(0, 900).SequenceEqual(Content.AsSpan(100, 900)).ShouldBeTrue();
        (await writer.Read(buffer, 1000, default)).ShouldBe(0);
    }

    [Fact]
    public async Task Upload_ReadBackByAnotherProcess_HasItsDigestAndCanBePublishedOrGoneOnWith()
    {
        var content = Client.Random(PartSize * 2 + 9_999);
        var id = Guid.NewGuid();
        await Append(Store, id, content[..(PartSize * 2 + 1)]);
        var other = Open();
        await using (var writer = await other.OpenUpload(id, default))
        {
            (await Hash(writer)).ShouldBe(Client.Sha256(content[..(PartSize * 2 + 1)]));
            // What was read is an upload still.
            (await Blobs(Store)).ShouldBeEmpty();
            await writer.Append(content.AsMemory(PartSize * 2 + 1), default);
            await writer.Flush(default);
            (await Hash(writer)).ShouldBe(Client.Sha256(content));
        }
        (await Uploads(Store)).ShouldContain(id);
        var key = await other.Publish(id, Digest.Sha256(content), default);
        (await ReadAll(Store, key)).SequenceEqual(content).ShouldBeTrue();
        (await Uploads(Store)).ShouldBeEmpty();
        (await Blobs(Store)).Single().Key.ShouldBe(key);
    }

    [Fact]
    public async Task Upload_ReadBackAndDiscarded_LeavesNothing()
    {
        var id = Guid.NewGuid();
        await Append(Store, id, Client.Random(PartSize + 1));
        await using (var writer = await Open().OpenUpload(id, default)) await Hash(writer);
        await Store.Discard(id, default);
        (await Store.UploadLength(id, default)).ShouldBe(0);
        (await Uploads(Store)).ShouldBeEmpty();
        (await Blobs(Store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Upload_Empty_CanBePublished()
    {
        var id = Guid.NewGuid();
        await Append(Store, id, []);
        var key = await Store.Publish(id, Digest.Sha256([]), default);
        (await Store.BlobLength(key, default)).ShouldBe(0);
        (await ReadAll(Store, key)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Uploads_TwoAtOnce_KeepTheirOwnBytes()
    {
        var contents = Enumerable.Range(1, 2).Select(seed => Client.Random(PartSize + 10_000 * seed, seed)).ToArray();
        var keys = await Task.WhenAll(contents.Select(async content =>
        {
            var id = Guid.NewGuid();
            await using var writer = await Store.OpenUpload(id, default);
            for (var sent = 0; sent < content.Length; sent += 100_000) await writer.Append(content.AsMemory(sent, Math.Min(100_000, content.Length - sent)), default);
            await writer.Flush(default);
            return await Store.Publish(id, Digest.Sha256(content), default);
        }));
        for (var index = 0; index < keys.Length; index++) (await ReadAll(Store, keys[index])).SequenceEqual(contents[index]).ShouldBeTrue();
    }

    [Fact]
    public async Task Append_Cancelled_CanBeGoneOnWith()
    {
        var content = Client.Random(PartSize + 50_000);
        var id = Guid.NewGuid();
        using var cancel = new CancellationTokenSource();
        await cancel.CancelAsync();
        try
        {
            await using var writer = await Store.OpenUpload(id, default);
            await writer.Append(content, cancel.Token);
            await writer.Flush(cancel.Token);
        }
        catch (OperationCanceledException)
        {
            // A cancelled call may have happened, or not.
        }
        var there = (int)await Store.UploadLength(id, default);
        there.ShouldBeInRange(0, content.Length);
        await Append(Store, id, content[there..]);
        (await ReadAll(Store, await Store.Publish(id, Digest.Sha256(content), default))).SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Publish_DigestThatIsThere_ReplacesItAndReadersReadOn()
    {
        var key = await Push(Content);
        await using var reader = (await Store.OpenBlob(key, default)).ShouldNotBeNull();

        var again = await Push(Content);

        (await ReadAll(Store, again)).ShouldBe(Content);
        var buffer = new byte[1000];
        (await ReadFully(reader, buffer, 5000)).ShouldBe(1000);
        buffer.ShouldBe(Content[5000..6000]);
    }

    [Fact]
    public async Task Publish_Sha512_IsApartFromSha256()
    {
        var id = Guid.NewGuid();
        await Append(Store, id, Content);
        var key = await Store.Publish(id, Digest.Parse(Client.Sha512(Content)), default);
        (await ReadAll(Store, key)).ShouldBe(Content);
        (await Push(Content)).ShouldNotBe(key);
    }

    [Fact]
    public async Task Discard_UploadIsGone_AndMayBeRepeated()
    {
        var id = Guid.NewGuid();
        await Append(Store, id, Client.Random(PartSize + 1));
        await Store.Discard(id, default);
        await Store.Discard(id, default);
        (await Store.UploadLength(id, default)).ShouldBe(0);
        (await Uploads(Store)).ShouldNotContain(id);
    }

    [Fact]
    public Task Discard_NothingThere_IsNoError() => Store.Discard(Guid.NewGuid(), default);

    [Fact]
    public async Task Discard_WhileItIsHeld_LeavesNothingBehind()
    {
        var id = Guid.NewGuid();
        await using (var writer = await Store.OpenUpload(id, default))
        {
            await writer.Append(Content, default);
            await Store.Discard(id, default);
        }
        (await Open().UploadLength(id, default)).ShouldBe(0);
        (await Uploads(Store)).ShouldNotContain(id);
    }

    [Fact]
    public async Task Discard_OfWhatWasPublished_LeavesTheBlob()
    {
        var id = Guid.NewGuid();
        await Append(Store, id, Content);
        var key = await Store.Publish(id, ContentDigest, default);
        await Store.Discard(id, default);
        (await ReadAll(Store, key)).ShouldBe(Content);
    }

    [Fact]
    public async Task Uploads_ListsWhatIsUnderWay_WithTheTime()
    {
        var before = DateTimeOffset.UtcNow;
        var (open, large, published) = (Guid.NewGuid(), Guid.NewGuid(), Guid.NewGuid());
        await Append(Store, open, Content);
        await Append(Store, large, Client.Random(PartSize * 2));
        await Append(Store, published, Content);
        await Store.Publish(published, ContentDigest, default);

        var listed = new List<StoredUpload>();
        await foreach (var upload in Open().Uploads(default)) listed.Add(upload);

        listed.Select(upload => upload.Id).ShouldBe([open, large], ignoreOrder: true);
        // The store's clock may be another one, and may count in seconds.
        foreach (var upload in listed) (upload.LastWritten - before).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(5));
        (await Blobs(Store)).Count.ShouldBe(1);
    }

    [Fact]
    public async Task Listings_MoreThanAPage_AreWhole()
    {
        var keys = new HashSet<string>(StringComparer.Ordinal);
        var open = new HashSet<Guid>();
        for (var seed = 1; seed <= MoreThanAPage; seed++)
        {
            keys.Add(await Push(Client.Random(100, seed)));
            var id = Guid.NewGuid();
            await Append(Store, id, Content[..seed]);
            open.Add(id);
        }
        (await Blobs(Store)).Select(blob => blob.Key).ShouldBe(keys, ignoreOrder: true);
        (await Uploads(Store)).ShouldBe(open, ignoreOrder: true);
    }

    [Fact]
    public async Task OpenBlob_NothingThere_IsNull()
    {
        var key = await Push(Content);
        (await Store.OpenBlob(key + "0", default)).ShouldBeNull();
        (await Store.BlobLength(key + "0", default)).ShouldBeNull();
    }

    [Fact]
    public async Task Read_AnyOffset_GivesTheBytesThere()
    {
        var content = Client.Random(PartSize * 2 + 500);
        await using var reader = (await Store.OpenBlob(await Push(content), default)).ShouldNotBeNull();
        reader.Length.ShouldBe(content.Length);
        var buffer = new byte[10_000];
        // Forward, back, over the seam of two parts, and over the end.
        foreach (var offset in (int[])[0, 10_000, 20_000, PartSize - 5000, 17, content.Length - 100, 0])
        {
            var expected = Math.Min(buffer.Length, content.Length - offset);
            (await ReadFully(reader, buffer, offset)).ShouldBe(expected);
            buffer.AsSpan(0, expected).SequenceEqual(content.AsSpan(offset, expected)).ShouldBeTrue($"at {offset}");
        }
        (await reader.Read(buffer, content.Length, default)).ShouldBe(0);
        (await reader.Read(buffer, content.Length + 1000L, default)).ShouldBe(0);
    }

    [Fact]
    public async Task Read_ByManyAtOnce_GivesEachItsBytes()
    {
        var content = Client.Random(PartSize);
        await using var reader = (await Store.OpenBlob(await Push(content), default)).ShouldNotBeNull();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(async index =>
        {
            var buffer = new byte[5000];
            (await ReadFully(reader, buffer, index * 50_000)).ShouldBe(buffer.Length);
            buffer.AsSpan().SequenceEqual(content.AsSpan(index * 50_000, buffer.Length)).ShouldBeTrue();
        }));
    }

    [Fact]
    public async Task Delete_BlobIsGone_AndMayBeRepeated()
    {
        var key = await Push(Client.Random(PartSize + 5));
        await Store.Delete(key, default);
        await Store.Delete(key, default);
        (await Store.OpenBlob(key, default)).ShouldBeNull();
        (await Store.BlobLength(key, default)).ShouldBeNull();
        (await Blobs(Store)).ShouldNotContain(blob => blob.Key == key);
    }

    [Fact]
    public async Task Delete_ThenPushedAgain_IsThere()
    {
        await Store.Delete(await Push(Content), default);
        (await ReadAll(Store, await Push(Content))).ShouldBe(Content);
    }

    [Fact]
    public async Task Blobs_ListsWhatIsPublished_WithSizeAndTime()
    {
        var before = DateTimeOffset.UtcNow;
        var open = Guid.NewGuid();
        await Append(Store, open, Content[..5000]);
        var (key, other) = (await Push(Content), await Push(Content[..1000]));

        var listed = await Blobs(Store);

        listed.Count.ShouldBe(2);
        var blob = listed.Single(blob => blob.Key == key);
        blob.Size.ShouldBe(Content.Length);
        // The store's clock may be another one, and may count in seconds.
        (blob.LastWritten - before).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(5));
        if (blob.Digest is { } digest) digest.ShouldBe(ContentDigest);
        listed.Single(blob => blob.Key == other).Size.ShouldBe(1000);
    }

    [Fact]
    public async Task Mark_Written_IsReadByAnotherProcessAndIsNoBlob()
    {
        var marked = (IMarkedStore)Store;
        (await marked.ReadMark(default)).ShouldBeNull();
        await marked.WriteMark("one", default);
        await marked.WriteMark("two", default);
        (await ((IMarkedStore)Open()).ReadMark(default)).ShouldBe("two");
        marked.MarkPlace.ShouldContain("store-id");
        (await Blobs(Store)).ShouldBeEmpty();
        (await Uploads(Store)).ShouldBeEmpty();
    }

    private protected async Task<string> Push(byte[] content)
    {
        var id = Guid.NewGuid();
        await Append(Store, id, content);
        return await Store.Publish(id, Digest.Sha256(content), default);
    }

    private protected static async Task Append(IBlobStore store, Guid id, byte[] content)
    {
        await using var writer = await store.OpenUpload(id, default);
        var before = writer.Length;
        await writer.Append(content, default);
        writer.Length.ShouldBe(before + content.Length);
        await writer.Flush(default);
    }

    private protected static async Task<List<Guid>> Uploads(IBlobStore store)
    {
        var found = new List<Guid>();
        await foreach (var upload in store.Uploads(default)) found.Add(upload.Id);
        return found;
    }

    private protected static async Task<List<StoredObject>> Blobs(IBlobStore store)
    {
        var found = new List<StoredObject>();
        await foreach (var blob in store.Blobs(default)) found.Add(blob);
        return found;
    }

    private protected static async Task<byte[]> ReadAll(IBlobStore store, string key)
    {
        await using var reader = (await store.OpenBlob(key, default)).ShouldNotBeNull();
        var content = new byte[reader.Length];
        (await ReadFully(reader, content, 0)).ShouldBe(content.Length);
        return content;
    }

    static async Task<int> ReadFully(BlobReader reader, Memory<byte> buffer, long offset)
    {
        var read = 0;
        while (read < buffer.Length && await reader.Read(buffer[read..], offset + read, default) is var count and > 0) read += count;
        return read;
    }

    static async Task<string> Hash(UploadWriter writer)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[256 << 10];
        var read = 0L;
        while (await writer.Read(buffer, read, default) is var count and > 0)
        {
            hash.AppendData(buffer, 0, count);
            read += count;
        }
        read.ShouldBe(writer.Length);
        return "sha256:" + Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
