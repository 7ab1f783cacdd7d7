using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Storage.S3;

namespace Slipway.Registry.Tests.Storage.S3;

/// <summary>The registry over the bucket: what a client sees.</summary>
[Collection(S3Collection.Name)]
public sealed class S3RegistryTests(S3Server server)
{
    readonly string _prefix = $"tests/{Guid.NewGuid():N}";

    S3Options Storage => server.Options with { Prefix = _prefix };

    [Fact]
    public async Task Image_PushedAndPulledAfterARestart_IsTheSame()
    {
        await using var host = await RegistryHost.Start(OverS3);
        var layer = Client.Random(20 << 20);
        var digest = await host.Client.PushBlob("web", layer);
        var manifest = await host.Client.PushImage("web", "1");

        await host.Restart();

        (await host.Client.Send("GET", "/v2/web/manifests/1")).Header("Docker-Content-Digest").ShouldBe(manifest);
        (await host.Client.GetByteArrayAsync($"/v2/web/blobs/{digest}")).SequenceEqual(layer).ShouldBeTrue();
        using var part = await host.Client.Send("GET", $"/v2/web/blobs/{digest}", null, ("Range", $"bytes={9 << 20}-{(9 << 20) + 999}"));
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await part.Content.ReadAsByteArrayAsync()).AsSpan().SequenceEqual(layer.AsSpan(9 << 20, 1000)).ShouldBeTrue();
    }

    [Fact]
    public async Task Pull_WithRedirect_IsSentToTheBucketWhereItIsLarge()
    {
        await using var host = await RegistryHost.Start(options => options with { Storage = Storage with { Redirect = true } });
        var (large, small) = (Client.Random(300_000), Client.Random(1000));
        var (largeDigest, smallDigest) = (await host.Client.PushBlob("web", large), await host.Client.PushBlob("web", small));
        using var client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = host.Client.BaseAddress };

        using var answer = await client.Send("GET", $"/v2/web/blobs/{largeDigest}");

        answer.StatusCode.ShouldBe(HttpStatusCode.TemporaryRedirect);
        answer.Headers.Location!.AbsoluteUri.ShouldStartWith($"{server.Service}{S3Server.Bucket}/{_prefix}/blobs/");
        (await client.GetByteArrayAsync(answer.Headers.Location)).SequenceEqual(large).ShouldBeTrue();
        (await client.GetByteArrayAsync($"/v2/web/blobs/{smallDigest}")).SequenceEqual(small).ShouldBeTrue();
    }

    [Fact]
    public async Task Start_BucketIsMissing_EndsWithTheReason() =>
        (await Should.ThrowAsync<IOException>(() => RegistryHost.Start(options => options with { Storage = Storage with { Bucket = "missing" } })))
            .Message.ShouldContain("no bucket 'missing'");

    [Fact]
    public async Task Start_BucketOfAnotherRegistry_IsRefusedAndAnotherPrefixIsNot()
    {
        await using var host = await RegistryHost.Start(OverS3);
        await host.Restart();
        (await Should.ThrowAsync<IOException>(() => RegistryHost.Start(OverS3))).Message.ShouldContain("another database's");
        await using var other = await RegistryHost.Start(options => options with { Storage = Storage with { Prefix = _prefix + "/other" } });
        await other.Client.PushBlob("web", Client.Random(1000));
    }

    [Fact]
    public async Task Upload_ServerIsRestartedBetweenChunks_GoesOn()
    {
        await using var host = await RegistryHost.Start(OverS3);
        var content = Client.Random(10 << 20);
        var digest = Client.Sha256(content);
        var upload = await host.Client.StartUpload("web");
        (await host.Client.Send("PATCH", upload, content[..(9 << 20)], ("Content-Range", $"0-{(9 << 20) - 1}"))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await host.Restart();
        (await host.Client.Send("PUT", $"{upload}?digest={digest}", content[(9 << 20)..])).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Client.GetByteArrayAsync($"/v2/web/blobs/{digest}")).SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Upload_GoesFromServerToServer_IsWhole()
    {
        await using var host = await RegistryHost.StartShared(OverS3);
        await using var beside = await host.StartBeside();
        var content = Client.Random(20 << 20);
        var digest = Client.Sha256(content);
        var upload = await host.Client.StartUpload("web");
        (await beside.Client.Send("PATCH", upload, content[..100_000])).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await host.Client.Send("PATCH", upload, content[100_000..(19 << 20)])).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await beside.Client.Send("PUT", $"{upload}?digest={digest}", content[(19 << 20)..])).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await host.Client.GetByteArrayAsync($"/v2/web/blobs/{digest}")).SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Blob_PushedTwice_IsThereOnceAndCollectedWhenUnused()
    {
        await using var host = await RegistryHost.Start(OverS3);
        var content = Client.Random(5000);
        await host.Client.PushBlob("web", content);
        await host.Client.PushBlob("other", content);
        (await Names()).Count.ShouldBe(1);

        host.Time.Ahead = TimeSpan.FromDays(30);
        var collector = host.Services.GetRequiredService<GarbageCollector>();
        for (var run = 0; run < 3 && (await Names()).Count > 0; run++) await collector.Collect(new CollectionRequest(), Caller.Server);

        (await Names()).ShouldBeEmpty();
    }

    RegistryOptions OverS3(RegistryOptions options) => options with { Storage = Storage };

    async Task<List<string>> Names()
    {
        using var store = new S3BlobStore(Storage);
        var names = new List<string>();
        await foreach (var listed in store.Objects.List("", default)) names.Add(listed.Key);
        names.RemoveAll(name => name.EndsWith("store-id", StringComparison.Ordinal));
        return names;
    }
}
