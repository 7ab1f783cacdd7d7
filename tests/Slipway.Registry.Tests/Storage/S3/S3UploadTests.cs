using System.Net;
using Slipway.Model;
using Slipway.Registry.Storage;
using Slipway.Registry.Storage.S3;

namespace Slipway.Registry.Tests.Storage.S3;

/// <summary>What is S3's own: parts and how many, uploads that a crash left, late writers, the number of requests, addresses for clients.</summary>
[Collection(S3Collection.Name)]
public sealed class S3UploadTests(S3Server server)
{
    const int Part = 5 << 20;

    readonly string _prefix = $"tests/{Guid.NewGuid():N}";

    S3Options Options => server.Options with { Prefix = _prefix, Page = 5, Parts = new S3PartSizes(Part, 5000, 32) };

    [Fact]
    public async Task Upload_OfManyParts_ComesToFewAndIsWhole()
    {
        var content = Client.Random(Part * 9 + 100);
        using var store = new S3BlobStore(Options with { Parts = new S3PartSizes(Part, MergeFrom: 2, Merge: 3) });
        var id = Guid.NewGuid();
        // Ends in single parts, with some segments, with as many as become a part.
        var begin = 0;
        foreach (var end in (int[])[Part, Part * 4 + 50, Part * 8, content.Length])
        {
            await Append(store, id, content[begin..end]);
            begin = end;
        }
        (await store.UploadLength(id, default)).ShouldBe(content.Length);

        var key = await store.Publish(id, Digest.Sha256(content), default);

        (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
        (await Names(store)).ShouldBe([key]);
    }

    [Fact]
    public async Task Upload_OfSegments_ReadBackByAnotherServer_IsItsBytesAndGoesOn()
    {
        var content = Client.Random(Part * 5 + 100);
        var options = Options with { Parts = new S3PartSizes(Part, MergeFrom: 1, Merge: 3) };
        using var first = new S3BlobStore(options);
        using var second = new S3BlobStore(options);
        var id = Guid.NewGuid();
        await Append(first, id, content[..(Part * 3 + 7)]);
        await using (var writer = await second.OpenUpload(id, default))
        {
            var read = new byte[1000];
            (await writer.Read(read, Part * 3 - 500, default)).ShouldBeGreaterThan(0);
            await writer.Append(content.AsMemory(Part * 3 + 7), default);
        }
        var key = await first.Publish(id, Digest.Sha256(content), default);
        (await ReadAll(second, key)).SequenceEqual(content).ShouldBeTrue();
        await first.Delete(key, default);
        (await Names(first)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Discard_OfSegments_LeavesNothing()
    {
        using var store = new S3BlobStore(Options with { Parts = new S3PartSizes(Part, MergeFrom: 1, Merge: 3) });
        var id = Guid.NewGuid();
        await Append(store, id, Client.Random(Part * 3 + 7));
        (await Names(store)).Count.ShouldBe(3);
        await store.Discard(id, default);
        (await Names(store)).ShouldBeEmpty();
        (await Begun(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Uploads_BegunAndNotNotedByACrash_AreFoundOverPagesAndGivenUp()
    {
        using var store = new S3BlobStore(Options);
        var ids = Enumerable.Range(0, 12).Select(_ => Guid.NewGuid()).ToList();
        foreach (var id in ids) await store.Objects.Begin(S3BlobStore.BlobKey(id), default);
        var open = Guid.NewGuid();
        await Append(store, open, Client.Random(Part + 1));

        var found = new List<StoredUpload>();
        await foreach (var upload in store.Uploads(default)) found.Add(upload);

        found.Select(upload => upload.Id).ShouldBe([.. ids, open], ignoreOrder: true);
        foreach (var upload in found) (upload.LastWritten - DateTimeOffset.UtcNow).Duration().ShouldBeLessThan(TimeSpan.FromMinutes(5));
        foreach (var upload in found) await store.Discard(upload.Id, default);
        (await Begun(store)).ShouldBeEmpty();
        (await Names(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Upload_ServerDiesBetweenParts_GoesOnFromWhatWasNotedAndLeavesNothing()
    {
        using var store = new S3BlobStore(Options);
        var content = Client.Random(Part * 3 + 10);
        var id = Guid.NewGuid();
        await Append(store, id, content[..1000]);
        using (var dying = new S3BlobStore(Options))
        {
            // Its process ends: nothing is flushed, and what it sent is in the multipart upload.
            var lost = (S3UploadWriter)await dying.OpenUpload(id, default);
            await lost.Append(content.AsMemory(1000), default);
            lost.End();
            await lost.DisposeAsync();
        }
        var there = (int)await store.UploadLength(id, default);
        there.ShouldBeGreaterThanOrEqualTo(1000);
        await Append(store, id, content[there..]);

        var key = await store.Publish(id, Digest.Sha256(content), default);

        (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
        (await Names(store)).ShouldBe([key]);
        (await Begun(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Publish_PartWasReplacedByAnotherServer_IsRefusedAndNothingIsSeen()
    {
        using var first = new S3BlobStore(Options);
        using var late = new S3BlobStore(Options);
        var content = Client.Random(Part * 2);
        var id = Guid.NewGuid();
        await Append(first, id, content[..Part]);
        var writer = await late.OpenUpload(id, default);
        await Append(first, id, content[Part..]);
        // It was cut off meanwhile, and does not know that its hold is lost.
        await writer.Append(Client.Random(Part, seed: 7), default);
        await ((S3UploadWriter)writer).Prepare(default);

        var error = await Should.ThrowAsync<IOException>(() => first.Publish(id, Digest.Sha256(content), default));

        error.Message.ShouldContain("another server");
        (await Blobs(first)).ShouldBeEmpty();
        ((S3UploadWriter)writer).End();
        await writer.DisposeAsync();
    }

    [Fact]
    public async Task Discard_StateThatCameLate_LeavesWhatWasPublished()
    {
        using var store = new S3BlobStore(Options);
        var content = Client.Random(Part * 2 + 1);
        var id = Guid.NewGuid();
        await Append(store, id, content);
        using (var other = new S3BlobStore(Options))
        {
            await using var writer = await other.OpenUpload(id, default);
            (await writer.Read(new byte[10], 0, default)).ShouldBe(10);
        }
        var state = await store.Objects.Read(S3BlobStore.UploadKey(id), 0, null, default);
        var bytes = new MemoryStream();
        using (state!.Value.Answer) await state.Value.Content.CopyToAsync(bytes);
        var key = await store.Publish(id, Digest.Sha256(content), default);
        // As a request does that the service took for lost.
        await store.Objects.Put(S3BlobStore.UploadKey(id), [S3BodyPiece.Of(bytes.ToArray())], isBlob: false, default);

        await store.Discard(id, default);

        (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
        (await Blobs(store)).Select(blob => blob.Key).ShouldBe([key]);
        await store.Delete(key, default);
        (await Names(store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Blobs_UploadThatLastedLong_HasTheTimeOfItsPublish()
    {
        using var store = new S3BlobStore(Options with { Long = TimeSpan.Zero });
        var (id, other) = (Guid.NewGuid(), Guid.NewGuid());
        var content = Client.Random(Part + 1);
        await Append(store, id, content);
        await Append(store, other, Client.Random(10));
        await store.Publish(other, Digest.Sha256(Client.Random(10)), default);
        var key = await store.Publish(id, Digest.Sha256(content), default);
        (await Names(store)).ShouldBe([S3BlobStore.KeptKey(id), key, S3BlobStore.BlobKey(other)], ignoreOrder: true);
        var kept = default(DateTimeOffset);
        await foreach (var listed in store.Objects.List(S3BlobStore.KeptKey(id), default)) kept = listed.LastModified;

        (await Blobs(store)).Single(blob => blob.Key == key).LastWritten.ShouldBeGreaterThanOrEqualTo(kept);

        await store.Delete(key, default);
        (await Names(store)).ShouldBe([S3BlobStore.BlobKey(other)]);
    }

    [Fact]
    public async Task Push_ByTheBucketsHost_IsWhole()
    {
        var content = Client.Random(Part + 10);
        using var store = new S3BlobStore(server.ByHost with { Prefix = _prefix, Parts = Options.Parts });
        var id = Guid.NewGuid();
        await Append(store, id, content);
        var key = await store.Publish(id, Digest.Sha256(content), default);
        (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
        using var other = new S3BlobStore(Options);
        (await ReadAll(other, key)).SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Push_Small_IsTwoRequests()
    {
        await using var proxy = await FaultProxy.Start(server.Service);
        using var store = new S3BlobStore(Options with { Endpoint = proxy.Address });
        var id = Guid.NewGuid();
        await using (var writer = await store.OpenUpload(id, default))
        {
            await writer.Append(Client.Random(1000), default);
            await writer.Prepare(default);
            await store.Publish(id, Digest.Sha256(Client.Random(1000)), default);
        }
        proxy.Requests.Select(request => request.Method).ShouldBe(["GET", "PUT"]);
    }

    [Fact]
    public async Task Discard_OfWhatCameInOneSmallRequest_AsksNothing()
    {
        await using var proxy = await FaultProxy.Start(server.Service);
        using var store = new S3BlobStore(Options with { Endpoint = proxy.Address });
        var id = Guid.NewGuid();
        await using (var writer = await store.OpenUpload(id, default))
        {
            await writer.Append(Client.Random(1000), default);
            await store.Discard(id, default);
        }
        proxy.Requests.Select(request => request.Method).ShouldBe(["GET"]);
    }

    [Fact]
    public async Task Push_Large_SendsEachByteOnceAndIsCommittedByOneRequest()
    {
        await using var proxy = await FaultProxy.Start(server.Service);
        using var store = new S3BlobStore(Options with { Endpoint = proxy.Address });
        var content = Client.Random(Part * 3 + 10);
        var id = Guid.NewGuid();
        await using (var writer = await store.OpenUpload(id, default))
        {
            await writer.Append(content, default);
            await writer.Prepare(default);
            await store.Publish(id, Digest.Sha256(content), default);
        }
        proxy.Requests.Where(request => request.Method == "PUT").Sum(request => long.Parse(request.Headers["Content-Length"])).ShouldBeInRange(content.Length, content.Length + 1000);
        proxy.Requests.Count(request => request.Method == "POST").ShouldBe(2);
        proxy.Requests.Count.ShouldBe(1 + 1 + 1 + 4 + 1 + 1);
        // A copy would be one of the whole.
        proxy.Requests.ShouldAllBe(request => !request.Headers.ContainsKey("x-amz-copy-source"));
    }

    [Fact]
    public async Task Read_InOrder_TakesFewRequests()
    {
        var content = Client.Random(Part + 10);
        using var store = new S3BlobStore(Options);
        var id = Guid.NewGuid();
        await Append(store, id, content);
        var key = await store.Publish(id, Digest.Sha256(content), default);
        await using var proxy = await FaultProxy.Start(server.Service);
        using var proxied = new S3BlobStore(Options with { Endpoint = proxy.Address });

        (await ReadAll(proxied, key)).SequenceEqual(content).ShouldBeTrue();

        proxy.Requests.Select(request => request.Method).ShouldBe(["HEAD", "GET"]);
    }

    [Fact]
    public async Task Presign_AddressAlone_GivesTheBytesAndNothingElse()
    {
        var content = Client.Random(5000);
        using var store = new S3BlobStore(Options);
        var id = Guid.NewGuid();
        await Append(store, id, content);
        var key = await store.Publish(id, Digest.Sha256(content), default);
        using var client = new HttpClient();

        var address = await store.Presign(key, TimeSpan.FromMinutes(5));

        (await client.GetByteArrayAsync(address)).SequenceEqual(content).ShouldBeTrue();
        using var part = await client.Send("GET", address.AbsoluteUri, null, ("Range", "bytes=10-19"));
        (part.StatusCode, (await part.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(content.AsSpan(10, 10))).ShouldBe((HttpStatusCode.PartialContent, true));
        (await client.GetAsync(new Uri(address.GetLeftPart(UriPartial.Path)))).IsSuccessStatusCode.ShouldBeFalse();
        (await client.GetAsync(new Uri(address.AbsoluteUri.Replace(key, "blobs/other", StringComparison.Ordinal)))).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        (await client.DeleteAsync(address)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        address.Query.ShouldNotContain(server.Options.SecretKey!);
    }

    [Fact]
    public async Task Presign_Expired_IsRefused()
    {
        using var store = new S3BlobStore(Options);
        var id = Guid.NewGuid();
        await Append(store, id, Client.Random(10));
        var key = await store.Publish(id, Digest.Sha256(Client.Random(10)), default);
        using var client = new HttpClient();
        var address = await store.Presign(key, TimeSpan.FromSeconds(1));
        // The service's own clock decides, which counts in seconds.
        HttpStatusCode status;
        do
        {
            status = (await client.GetAsync(address)).StatusCode;
            await Task.Delay(100);
        }
        while (status == HttpStatusCode.OK);
        status.ShouldBe(HttpStatusCode.Forbidden);
    }

    static async Task Append(S3BlobStore store, Guid id, byte[] content)
    {
        await using var writer = await store.OpenUpload(id, default);
        await writer.Append(content, default);
    }

    static async Task<byte[]> ReadAll(S3BlobStore store, string key)
    {
        await using var reader = (await store.OpenBlob(key, default)).ShouldNotBeNull();
        var content = new byte[reader.Length];
        for (var done = 0; done < content.Length;)
        {
            var read = await reader.Read(content.AsMemory(done, Math.Min(64 << 10, content.Length - done)), done, default);
            read.ShouldBeGreaterThan(0);
            done += read;
        }
        return content;
    }

    static async Task<List<StoredObject>> Blobs(S3BlobStore store)
    {
        var found = new List<StoredObject>();
        await foreach (var blob in store.Blobs(default)) found.Add(blob);
        return found;
    }

    static async Task<List<string>> Names(S3BlobStore store)
    {
        var names = new List<string>();
        await foreach (var listed in store.Objects.List("", default)) names.Add(listed.Key);
        return names;
    }

    static async Task<List<string>> Begun(S3BlobStore store)
    {
        var keys = new List<string>();
        await foreach (var begun in store.Objects.ListBegun("", default)) keys.Add(begun.Key);
        return keys;
    }
}
