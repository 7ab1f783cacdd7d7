using System.Net;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Slipway.Model;
using Slipway.Registry.Storage;
using Slipway.Registry.Storage.Azure;

namespace Slipway.Registry.Tests.Storage.Azure;

/// <summary>What is Azure's own: blocks and how many, late writers, the number of requests, addresses for clients.</summary>
[Collection(AzuriteCollection.Name)]
public sealed class AzureUploadTests(Azurite azurite)
{
    const int Block = 64 << 10;

    readonly string _prefix = $"tests/{Guid.NewGuid():N}";

    [Fact]
    public async Task Upload_OfManyBlocks_ComesToFewAndIsWhole()
    {
        var content = Client.Random(Block * 27 + 100);
        var store = Open(new BlockSizes(Block, MergeFrom: 4, Merge: 4));
        var id = Guid.NewGuid();
        foreach (var (from, to) in ((int, int)[])[(0, Block * 11 + 50), (Block * 11 + 50, content.Length)])
        {
            await using var writer = await store.OpenUpload(id, default);
            await writer.Append(content.AsMemory(from, to - from), default);
        }

        var key = await store.Publish(id, Digest.Sha256(content), default);

        (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
        var blocks = (await azurite.Client.GetBlockBlobClient($"{_prefix}/{key}").GetBlockListAsync(BlockListTypes.All)).Value;
        blocks.CommittedBlocks.Count().ShouldBeLessThan(16);
        blocks.CommittedBlocks.ShouldContain(block => block.SizeLong == Block * 4);
        blocks.UncommittedBlocks.ShouldBeEmpty();
    }

    [Fact]
    public async Task Upload_InManySmallRequests_HasOneShortBlock()
    {
        var content = Client.Random(Block * 2 + 5000);
        var store = Open();
        var id = Guid.NewGuid();
        for (var sent = 0; sent < content.Length; sent += 9000)
        {
            await using var writer = await store.OpenUpload(id, default);
            await writer.Append(content.AsMemory(sent, Math.Min(9000, content.Length - sent)), default);
        }
        var key = await store.Publish(id, Digest.Sha256(content), default);
        (await azurite.Client.GetBlockBlobClient($"{_prefix}/{key}").GetBlockListAsync()).Value.CommittedBlocks.Select(block => block.Size).ShouldBe([Block, Block, 5000]);
        (await ReadAll(store, key)).SequenceEqual(content).ShouldBeTrue();
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Block * 2)]
    public async Task Append_AnotherServerHasWrittenMeanwhile_IsRefusedAndChangesNothing(int before)
    {
        var id = Guid.NewGuid();
        if (before > 0) await Append(Open(), id, Client.Random(before));
        var late = await Open().OpenUpload(id, default);
        await late.Append(Client.Random(Block * 3, seed: 7), default);
        await Append(Open(), id, Client.Random(100));

        (await Should.ThrowAsync<IOException>(async () => await late.Flush(default))).Message.ShouldContain("another server");

        await Should.ThrowAsync<IOException>(async () => await late.DisposeAsync());
        (await Open().UploadLength(id, default)).ShouldBe(before + 100);
    }

    [Fact]
    public async Task Append_AnotherServerHasPublished_LeavesTheBlob()
    {
        var content = Client.Random(Block + 1);
        var id = Guid.NewGuid();
        await Append(Open(), id, content);
        var late = await Open().OpenUpload(id, default);
        await late.Append(content, default);
        var key = await Open().Publish(id, Digest.Sha256(content), default);

        await Should.ThrowAsync<IOException>(async () => await late.DisposeAsync());

        (await ReadAll(Open(), key)).SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Append_AnotherServerHasGivenItUp_LeavesNothing()
    {
        var id = Guid.NewGuid();
        await Append(Open(), id, Client.Random(Block + 1));
        var late = await Open().OpenUpload(id, default);
        await late.Append(Client.Random(Block), default);
        await Open().Discard(id, default);

        await Should.ThrowAsync<IOException>(async () => await late.DisposeAsync());

        (await Open().UploadLength(id, default)).ShouldBe(0);
    }

    [Fact]
    public async Task Publish_EmptyAgain_IsNoError()
    {
        var id = Guid.NewGuid();
        var key = await Open().Publish(id, Digest.Sha256([]), default);
        (await Open().Publish(id, Digest.Sha256([]), default)).ShouldBe(key);
        (await Open().BlobLength(key, default)).ShouldBe(0);
    }

    [Fact]
    public async Task Push_Small_IsTwoRequests()
    {
        await using var proxy = await FaultProxy.Start(azurite.Service);
        var store = Open(at: proxy.Address);
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
    public async Task Push_Large_SendsEachByteOnceAndIsCommittedByOneRequest()
    {
        await using var proxy = await FaultProxy.Start(azurite.Service);
        var store = Open(at: proxy.Address);
        var content = Client.Random(Block * 5 + 10);
        var id = Guid.NewGuid();
        await using (var writer = await store.OpenUpload(id, default))
        {
            await writer.Append(content, default);
            await writer.Prepare(default);
            await store.Publish(id, Digest.Sha256(content), default);
        }
        var writes = proxy.Requests.Where(request => request.Method == "PUT").ToList();
        writes.Count(request => request.Target.Contains("comp=block&", StringComparison.Ordinal)).ShouldBe(6);
        writes.Count(request => request.Target.Contains("comp=blocklist", StringComparison.Ordinal)).ShouldBe(1);
        writes.Count.ShouldBe(7);
    }

    [Fact]
    public async Task Read_OneAfterTheOther_IsOneRequest()
    {
        var content = Client.Random(3 << 20);
        var id = Guid.NewGuid();
        await Append(Open(), id, content);
        var key = await Open().Publish(id, Digest.Sha256(content), default);
        await using var proxy = await FaultProxy.Start(azurite.Service);

        (await ReadAll(Open(at: proxy.Address), key)).SequenceEqual(content).ShouldBeTrue();

        proxy.Requests.Select(request => request.Method).ShouldBe(["HEAD", "GET"]);
    }

    [Fact]
    public async Task Presign_AddressAlone_GivesTheBytesAndNothingElse()
    {
        var content = Client.Random(5000);
        var id = Guid.NewGuid();
        await Append(Open(), id, content);
        var key = await Open().Publish(id, Digest.Sha256(content), default);
        using var client = new HttpClient();

        var address = await ((IPresignedBlobs)Open()).Presign(key, TimeSpan.FromMinutes(5));

        (await client.GetByteArrayAsync(address)).SequenceEqual(content).ShouldBeTrue();
        using var part = await client.Send("GET", address.AbsoluteUri, null, ("Range", "bytes=10-19"));
        (part.StatusCode, (await part.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(content.AsSpan(10, 10))).ShouldBe((HttpStatusCode.PartialContent, true));
        (await client.GetAsync(new Uri(address.GetLeftPart(UriPartial.Path)))).IsSuccessStatusCode.ShouldBeFalse();
        (await client.DeleteAsync(address)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
        var expired = await ((IPresignedBlobs)Open()).Presign(key, TimeSpan.FromMinutes(-1));
        (await client.GetAsync(expired)).StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    AzureBlobStore Open(BlockSizes? blocks = null, Uri? at = null) => new(new AzureOptions
    {
        Account = Azurite.Account, Key = Azurite.Key, Container = Azurite.Container, Endpoint = at ?? azurite.Service, Prefix = _prefix, Blocks = blocks ?? BlockSizes.Default with { Block = Block },
    });

    static async Task Append(AzureBlobStore store, Guid id, byte[] content)
    {
        await using var writer = await store.OpenUpload(id, default);
        await writer.Append(content, default);
    }

    static async Task<byte[]> ReadAll(AzureBlobStore store, string key)
    {
        await using var reader = (await store.OpenBlob(key, default)).ShouldNotBeNull();
        var content = new byte[reader.Length];
        for (var done = 0; done < content.Length;)
        {
            var read = await reader.Read(content.AsMemory(done, Math.Min(32 << 10, content.Length - done)), done, default);
            read.ShouldBeGreaterThan(0);
            done += read;
        }
        return content;
    }
}
