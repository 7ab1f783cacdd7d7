using System.Net;
using System.Net.Http.Headers;
using Slipway.Model;
using Slipway.Registry.Storage;
using Slipway.Registry.Storage.Swift;

namespace Slipway.Registry.Tests.Storage.Swift;

[Collection(SwiftCollection.Name)]
public sealed class SwiftBlobStoreTests(SwiftServer swift) : NetworkStoreContract
{
    readonly string _prefix = $"tests/{Guid.NewGuid():N}";

    private protected override Uri Service => swift.AuthUrl;

    SwiftOptions Options => swift.Options with { Prefix = _prefix, Page = 5, Segment = PartSize, Group = 2, Timeout = TimeSpan.FromSeconds(60) };

    private protected override IBlobStore OpenAt(Uri address, TimeSpan timeout) => new SwiftBlobStore(Options with { AuthUrl = address, Timeout = timeout });

    private protected override bool IsCommit(ProxiedRequest request) => request.Method == "PUT" && request.Target.Contains("/blobs/", StringComparison.Ordinal);

    [Fact]
    public async Task Blobs_SegmentsThatACrashLeft_AreStraysThatCanBeDeleted()
    {
        using var store = new SwiftBlobStore(Options);
        var (id, other) = (Guid.NewGuid(), Guid.NewGuid());
        await Append(store, id, Client.Random(PartSize * 3 + 5));
        await Append(store, other, Client.Random(PartSize * 2));
        var kept = await Push(Client.Random(PartSize * 2 + 1));
        // As far as a deletion came before the crash.
        await store.Objects.Delete(SwiftBlobStore.UploadKey(id), default);

        var stray = (await Blobs(store)).Single(blob => blob.Key != kept);

        stray.Key.ShouldBe($"segments/{id:D}");
        stray.Digest.ShouldBeNull();
        (await store.OpenBlob(stray.Key, default)).ShouldBeNull();
        // An upload that is under way is none, whatever is asked for.
        await store.Delete($"segments/{other:D}", default);
        (await store.UploadLength(other, default)).ShouldBe(PartSize * 2);
        await store.Delete(stray.Key, default);
        (await Blobs(store)).Single().Key.ShouldBe(kept);
        (await ReadAll(store, kept)).Length.ShouldBe(PartSize * 2 + 1);
    }

    [Fact]
    public async Task Delete_LargeBlob_LeavesNoSegment()
    {
        using var store = new SwiftBlobStore(Options);
        await store.Delete(await Push(Client.Random(PartSize * 7 + 3)), default);
        var left = new List<string?>();
        await foreach (var listed in store.Objects.List("", groups: false, default)) left.Add(listed.Name);
        left.ShouldBeEmpty();
    }

    [Fact]
    public async Task Publish_UploadWasGivenUpMeanwhile_IsTakenBack()
    {
        var id = Guid.NewGuid();
        var content = Client.Random(PartSize * 2 + 9);
        await using var writer = await Store.OpenUpload(id, default);
        await writer.Append(content, default);
        await writer.Flush(default);
        using (var other = new SwiftBlobStore(Options)) await other.Objects.Delete(SwiftBlobStore.UploadKey(id), default);

        (await Should.ThrowAsync<IOException>(() => Store.Publish(id, Digest.Sha256(content), default))).Message.ShouldContain("given up");

        (await Blobs(Store)).ShouldBeEmpty();
    }

    [Fact]
    public async Task Read_InOrder_TakesFewRequests()
    {
        await using var proxy = await FaultProxy.Start(Service);
        var content = Client.Random(PartSize * 5);
        var key = await Push(content);
        (await ReadAll(OpenAt(proxy.Address, TimeSpan.FromSeconds(60)), key)).SequenceEqual(content).ShouldBeTrue();
        proxy.Requests.Count(request => request.Method == "GET" && request.Target.Contains("/blobs/", StringComparison.Ordinal)).ShouldBe(1);
    }

    [Fact]
    public async Task Presign_LargeBlob_IsHadWithoutATokenInWholeAndByRanges()
    {
        using var store = new SwiftBlobStore(Options);
        var content = Client.Random(PartSize * 3 + 7);
        var key = await Push(content);
        using var http = new HttpClient();

        var address = await store.Presign(key, TimeSpan.FromMinutes(5));

        (await http.GetByteArrayAsync(address)).SequenceEqual(content).ShouldBeTrue();
        using var part = new HttpRequestMessage(HttpMethod.Get, address) { Headers = { Range = new RangeHeaderValue(10, 19) } };
        using var answer = await http.SendAsync(part);
        answer.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await answer.Content.ReadAsByteArrayAsync()).ShouldBe(content[10..20]);
        // For nothing else, and for no longer.
        (await http.GetAsync(new Uri(address.AbsoluteUri.Replace(key, "blobs/other", StringComparison.Ordinal)))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await http.GetAsync(await store.Presign(key, TimeSpan.FromMinutes(-1)))).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        (await http.DeleteAsync(address)).StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
    }
}
