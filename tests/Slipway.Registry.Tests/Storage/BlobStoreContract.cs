using Slipway.Model;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.Storage;

/// <summary>What every blob store must do; each has a class that inherits this one.</summary>
public abstract class BlobStoreContract
{
    static readonly byte[] Content = Client.Random(300_000);
    static readonly Digest ContentDigest = Digest.Parse(Client.Sha256(Content));

    private protected abstract IBlobStore Store { get; }

    [Fact]
    public async Task Upload_AppendedOverSeveralHolds_IsPublishedWhole()
    {
        var id = Guid.NewGuid();
        await Append(id, Content[..100_000]);
        (await Store.UploadLength(id, default)).ShouldBe(100_000);
        await Append(id, Content[100_000..]);

        var key = await Store.Publish(id, ContentDigest, default);

        (await Store.BlobLength(key, default)).ShouldBe(Content.Length);
        (await ReadAll(key)).ShouldBe(Content);
        (await Store.UploadLength(id, default)).ShouldBe(0);
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
    public async Task Upload_Empty_CanBePublished()
    {
        var id = Guid.NewGuid();
        await Append(id, []);
        var key = await Store.Publish(id, Digest.Sha256([]), default);
        (await Store.BlobLength(key, default)).ShouldBe(0);
    }

    [Fact]
    public async Task Publish_DigestThatIsThere_ReplacesItAndReadersReadOn()
    {
        var key = await Push(Content);
        await using var reader = (await Store.OpenBlob(key, default)).ShouldNotBeNull();

        var again = await Push(Content);

        (await ReadAll(again)).ShouldBe(Content);
        var buffer = new byte[1000];
        (await reader.Read(buffer, 5000, default)).ShouldBe(1000);
        buffer.ShouldBe(Content[5000..6000]);
    }

    [Fact]
    public async Task Publish_Sha512_IsApartFromSha256()
    {
        var id = Guid.NewGuid();
        await Append(id, Content);
        var key = await Store.Publish(id, Digest.Parse(Client.Sha512(Content)), default);
        (await ReadAll(key)).ShouldBe(Content);
        (await Push(Content)).ShouldNotBe(key);
    }

    [Fact]
    public async Task Discard_UploadIsGone_AndMayBeRepeated()
    {
        var id = Guid.NewGuid();
        await Append(id, Content);
        await Store.Discard(id, default);
        await Store.Discard(id, default);
        (await Store.UploadLength(id, default)).ShouldBe(0);
        (await Listed()).ShouldNotContain(id);
    }

    [Fact]
    public async Task Uploads_ListsWhatIsUnderWay()
    {
        var (open, published) = (Guid.NewGuid(), Guid.NewGuid());
        await Append(open, Content);
        await Append(published, Content);
        await Store.Publish(published, ContentDigest, default);
        var listed = await Listed();
        listed.ShouldContain(open);
        listed.ShouldNotContain(published);
    }

    [Fact]
    public async Task OpenBlob_NothingThere_IsNull()
    {
        var key = await Push(Content);
        (await Store.OpenBlob(key + "0", default)).ShouldBeNull();
        (await Store.BlobLength(key + "0", default)).ShouldBeNull();
    }

    [Fact]
    public async Task Delete_BlobIsGone_AndMayBeRepeated()
    {
        var key = await Push(Content);
        await Store.Delete(key, default);
        await Store.Delete(key, default);
        (await Store.OpenBlob(key, default)).ShouldBeNull();
        (await Store.BlobLength(key, default)).ShouldBeNull();
        (await Published()).ShouldNotContain(blob => blob.Key == key);
    }

    [Fact]
    public async Task Delete_ThenPushedAgain_IsThere()
    {
        await Store.Delete(await Push(Content), default);
        (await ReadAll(await Push(Content))).ShouldBe(Content);
    }

    [Fact]
    public async Task Blobs_ListsWhatIsPublished_WithSizeAndTime()
    {
        var before = DateTimeOffset.UtcNow;
        var open = Guid.NewGuid();
        await Append(open, Content[..5000]);
        var (key, other) = (await Push(Content), await Push(Content[..1000]));

        var listed = await Published();

        listed.Count.ShouldBe(2);
        var blob = listed.Single(blob => blob.Key == key);
        blob.Size.ShouldBe(Content.Length);
        // The store's clock may be another one, and may count in seconds.
        (blob.LastWritten - before).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(5));
        if (blob.Digest is { } digest) digest.ShouldBe(ContentDigest);
        listed.Single(blob => blob.Key == other).Size.ShouldBe(1000);
    }

    private protected async Task<string> Push(byte[] content)
    {
        var id = Guid.NewGuid();
        await Append(id, content);
        return await Store.Publish(id, Digest.Sha256(content), default);
    }

    async Task Append(Guid id, byte[] content)
    {
        await using var writer = await Store.OpenUpload(id, default);
        var before = writer.Length;
        await writer.Append(content, default);
        writer.Length.ShouldBe(before + content.Length);
        await writer.Flush(default);
    }

    async Task<List<Guid>> Listed()
    {
        var found = new List<Guid>();
        await foreach (var upload in Store.Uploads(default)) found.Add(upload.Id);
        return found;
    }

    async Task<List<StoredObject>> Published()
    {
        var found = new List<StoredObject>();
        await foreach (var blob in Store.Blobs(default)) found.Add(blob);
        return found;
    }

    async Task<byte[]> ReadAll(string key)
    {
        await using var reader = (await Store.OpenBlob(key, default)).ShouldNotBeNull();
        var content = new byte[reader.Length];
        var read = 0;
        while (await reader.Read(content.AsMemory(read), read, default) is var count and > 0) read += count;
        read.ShouldBe(content.Length);
        return content;
    }
}
