using Slipway.Model;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.Storage;

/// <summary>
/// What a store that is reached over a network must do when the network or the service fails: the call either has happened or ends in an
/// <see cref="IOException"/> soon, nothing half-written is ever seen, and when all is well again the upload goes on.
/// </summary>
public abstract class NetworkStoreContract : BlobStoreContract
{
    /// <summary>Of one request to the service, in the tests where it keeps still.</summary>
    static readonly TimeSpan Short = TimeSpan.FromSeconds(1);

    static readonly TimeSpan Long = TimeSpan.FromSeconds(60);

    /// <summary>Where the service listens.</summary>
    private protected abstract Uri Service { get; }

    /// <summary>The same place as always, by way of the address: the service's own, or a <see cref="FaultProxy"/> before it.</summary>
    /// <param name="timeout">How long one request may last. Attempts are few, and follow each other quickly.</param>
    private protected abstract IBlobStore OpenAt(Uri address, TimeSpan timeout);

    /// <summary>Whether the request is the one by which a publish of more than one part becomes visible.</summary>
    private protected abstract bool IsCommit(ProxiedRequest request);

    private protected override IBlobStore Open() => OpenAt(Service, Long);

    [Fact]
    public async Task Service_BusyForAMoment_IsAskedAgain()
    {
        await using var proxy = await FaultProxy.Start(Service);
        var store = OpenAt(proxy.Address, Long);
        var content = Client.Random(PartSize + 10);
        var id = Guid.NewGuid();
        proxy.Refuse(503, 1);
        await Append(store, id, content);
        proxy.Refuse(503, 1);
        var key = await store.Publish(id, Digest.Sha256(content), default);
        proxy.Refuse(503, 1);
        (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
        proxy.Refuse(503, 1);
        (await Blobs(store)).Single().Key.ShouldBe(key);
        proxy.Refuse(503, 1);
        await store.Delete(key, default);
        (await Blobs(Store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Service_BusyForLong_IsAnIOExceptionAndTheUploadGoesOnLater()
    {
        await using var proxy = await FaultProxy.Start(Service);
        var store = OpenAt(proxy.Address, Long);
        var content = Client.Random(PartSize * 2 + 10);
        var id = Guid.NewGuid();
        await Append(store, id, content[..1000]);
        proxy.Refuse(503, int.MaxValue);
        await Should.ThrowAsync<IOException>(() => Append(store, id, content[1000..]));
        await Should.ThrowAsync<IOException>(() => store.Publish(id, Digest.Sha256(content), default));
        await Should.ThrowAsync<IOException>(() => store.UploadLength(id, default));
        await Should.ThrowAsync<IOException>(() => store.OpenBlob("blobs/none", default));
        await Should.ThrowAsync<IOException>(() => Blobs(store));
        proxy.Mend();
        await FinishWhole(store, id, content);
    }

    [Fact]
    public async Task Service_KeepsStill_IsAnIOExceptionAndTheUploadGoesOnLater()
    {
        await using var proxy = await FaultProxy.Start(Service);
        var store = OpenAt(proxy.Address, Short);
        var content = Client.Random(PartSize + 10);
        var id = Guid.NewGuid();
        await Append(store, id, content[..1000]);
        proxy.Hang(int.MaxValue);
        await Should.ThrowAsync<IOException>(() => store.UploadLength(id, default));
        proxy.Mend();
        await FinishWhole(OpenAt(proxy.Address, Long), id, content);
    }

    [Fact]
    public async Task Append_ConnectionBreaksInTheBody_NothingHalfIsSeenAndItGoesOn()
    {
        await using var proxy = await FaultProxy.Start(Service);
        var store = OpenAt(proxy.Address, Long);
        var content = Client.Random(PartSize * 2 + 10);
        var id = Guid.NewGuid();
        proxy.CutRequest(10_000, int.MaxValue, request => request.Method is "PUT" or "POST" && request.Headers.TryGetValue("Content-Length", out var length) && length.Length > 5);
        await Should.ThrowAsync<IOException>(() => Append(store, id, content));
        (await Blobs(Store)).ShouldBeEmpty();
        proxy.Mend();
        await FinishWhole(store, id, content);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(int.MaxValue)]
    public async Task Publish_AnswerIsLost_IsDoneOrDoneByTheNext(int times)
    {
        await using var proxy = await FaultProxy.Start(Service);
        var store = OpenAt(proxy.Address, Long);
        var content = Client.Random(PartSize * 2 + 10);
        var id = Guid.NewGuid();
        await Append(store, id, content);
        proxy.CutAnswer(-1, times, IsCommit);
        try
        {
            await store.Publish(id, Digest.Sha256(content), default);
        }
        catch (IOException)
        {
            // It has happened all the same, or not at all.
        }
        foreach (var blob in await Blobs(Store)) (await ReadAll(Store, blob.Key)).SequenceEqual(content).ShouldBeTrue();
        proxy.Mend();
        // As the client's next try does, on this server or another.
        var key = await Open().Publish(id, Digest.Sha256(content), default);
        (await ReadAll(Store, key)).SequenceEqual(content).ShouldBeTrue();
        (await Blobs(Store)).Select(blob => blob.Key).ShouldBe([key]);
        (await Uploads(Store)).ShouldNotContain(id);
    }

    [Fact]
    public async Task Publish_Refused_NothingIsSeenAndItCanBeRepeated()
    {
        await using var proxy = await FaultProxy.Start(Service);
        var store = OpenAt(proxy.Address, Long);
        var content = Client.Random(PartSize * 2 + 10);
        var id = Guid.NewGuid();
        await Append(store, id, content);
        proxy.Refuse(503, int.MaxValue, IsCommit);
        await Should.ThrowAsync<IOException>(() => store.Publish(id, Digest.Sha256(content), default));
        (await Blobs(Store)).ShouldBeEmpty();
        (await Uploads(Store)).ShouldBe([id]);
        proxy.Mend();
        var key = await store.Publish(id, Digest.Sha256(content), default);
        (await ReadAll(Store, key)).SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Read_AnswerBreaks_GoesOnOrIsAnIOException()
    {
        await using var proxy = await FaultProxy.Start(Service);
        var content = Client.Random(PartSize);
        var key = await Push(content);
        var store = OpenAt(proxy.Address, Long);
        proxy.CutAnswer(100_000, 1, request => request.Method == "GET");
        try
        {
            (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
        }
        catch (IOException)
        {
            // The reader of the blob sees that something is missing; it never takes a part for the whole.
        }
        proxy.Mend();
        (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Service_NobodyListens_IsAnIOException()
    {
        Uri nobody;
        await using (var proxy = await FaultProxy.Start(Service)) nobody = proxy.Address;
        await Should.ThrowAsync<IOException>(() => OpenAt(nobody, Short).BlobLength("blobs/none", default));
    }

    async Task FinishWhole(IBlobStore store, Guid id, byte[] content)
    {
        (await Blobs(Store)).ShouldBeEmpty();
        var there = (int)await store.UploadLength(id, default);
        there.ShouldBeInRange(0, content.Length);
        await Append(store, id, content[there..]);
        var key = await store.Publish(id, Digest.Sha256(content), default);
        (await ReadAll(Store, key)).SequenceEqual(content).ShouldBeTrue();
        (await Uploads(Store)).ShouldBeEmpty();
    }
}
