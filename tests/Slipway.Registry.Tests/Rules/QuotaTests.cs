using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.Rules;

namespace Slipway.Registry.Tests.Rules;

public sealed class QuotaTests : IAsyncLifetime
{
    const int Blob = 10_000;

    RegistryHost _host = null!;

    ProjectRules Rules => _host.Services.GetRequiredService<ProjectRules>();

    HttpClient Client => _host.Client;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    Task Limit(long? bytes = null, long? tags = null, long? repositories = null) =>
        Rules.SetQuota("shop", new ProjectQuota { Bytes = bytes, Tags = tags, Repositories = repositories }, new Caller("admin"), CancellationToken.None);

    static byte[] Content(int seed) => Registry.Tests.Client.Random(Blob, seed);

    long Used() => Rules.Show("shop").Usage.Bytes;

    [Fact]
    public async Task Push_BeyondTheQuota_IsDeniedWithUsedLimitAndAsked_AndLeavesNothing()
    {
        await Client.PushBlob("shop/web", Content(1));
        await Limit(bytes: 15_000);

        var upload = await Client.StartUpload("shop/web");
        var refused = await Client.Send("PATCH", upload, Content(2));

        await refused.ShouldBeRefused(403, "DENIED");
        (await refused.Text()).ShouldContain("10000 (10.0 kB) of 15000 (15.0 kB) bytes are used, 10000 (10.0 kB) more were asked for");
        (await Client.GetAsync(upload)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await (await Client.Send("POST", $"/v2/shop/web/blobs/uploads/?digest={Registry.Tests.Client.Sha256(Content(2))}", Content(2))).ShouldBeRefused(403, "DENIED");
        Directory.EnumerateFiles(Path.Combine(_host.BlobFolder, "uploads"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
        // Other projects are not concerned, nor are pulls.
        await Client.PushBlob("store/web", Content(2));
        (await Client.GetAsync($"/v2/shop/web/blobs/{Registry.Tests.Client.Sha256(Content(1))}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Push_WithoutContentLength_BreaksOffWhenTheRoomIsUsed()
    {
        await Limit(bytes: 1_000_000);
        var upload = await Client.StartUpload("shop/web");
        using var body = new StreamContent(new MemoryStream(Registry.Tests.Client.Random(1_500_000)));
        using var request = new HttpRequestMessage(HttpMethod.Patch, upload) { Content = body };
        request.Headers.TransferEncodingChunked = true;

        await (await Client.SendAsync(request)).ShouldBeRefused(403, "DENIED");
        Used().ShouldBe(0);
    }

    [Fact]
    public async Task Push_BlobThatTheProjectHas_CostsNothing_AlsoInAnotherRepositoryAndByMount()
    {
        await Client.PushBlob("shop/web", Content(1));
        await Limit(bytes: 10_500);
        var digest = Registry.Tests.Client.Sha256(Content(1));

        (await Client.Send("POST", $"/v2/shop/api/blobs/uploads/?digest={digest}", Content(1))).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Client.Send("POST", $"/v2/shop/cron/blobs/uploads/?mount={digest}&from=shop/web")).StatusCode.ShouldBe(HttpStatusCode.Created);
        Used().ShouldBe(Blob);

        var other = await Client.PushBlob("store/web", Content(2));
        await (await Client.Send("POST", $"/v2/shop/web/blobs/uploads/?mount={other}&from=store/web")).ShouldBeRefused(403, "DENIED");
    }

    [Fact]
    public async Task UploadsAtTheSameTime_NeverExceedTheQuota()
    {
        await Limit(bytes: 5 * Blob);
        var uploads = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Client.StartUpload("shop/web")));
        // All of them are in: what counts is the end.
        foreach (var (upload, seed) in uploads.Select((upload, seed) => (upload, seed)))
            (await Client.Send("PATCH", upload, Content(seed))).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var ends = await Task.WhenAll(uploads.Select((upload, seed) => Client.Send("PUT", $"{upload}?digest={Registry.Tests.Client.Sha256(Content(seed))}")));

        ends.Count(end => end.StatusCode == HttpStatusCode.Created).ShouldBe(5);
        ends.Count(end => end.StatusCode == HttpStatusCode.Forbidden).ShouldBe(3);
        Used().ShouldBe(5 * Blob);
    }

    [Fact]
    public async Task Removed_MakesRoom()
    {
        await Client.PushBlob("shop/web", Content(1));
        await Limit(bytes: Blob + 5000);
        await (await Client.Send("PATCH", await Client.StartUpload("shop/web"), Content(2))).ShouldBeRefused(403, "DENIED");

        (await Client.DeleteAsync($"/v2/shop/web/blobs/{Registry.Tests.Client.Sha256(Content(1))}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        await Client.PushBlob("shop/web", Content(2));
        Used().ShouldBe(Blob);
    }

    [Fact]
    public async Task KeptCount_IsTheTruth_AfterPushesMountsAndRemovals()
    {
        await Limit(bytes: 1_000_000);
        for (var seed = 0; seed < 12; seed++) await Client.PushImage($"shop/r{seed % 3}", $"t{seed}", seed % 5);
        (await Client.DeleteAsync("/v2/shop/r0/manifests/t0")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await _host.Catalog.DeleteRepository("shop/r1");
        await Client.PushImage("shop/r4", "t", 7);

        var truth = Used();
        // What is kept may only lag behind removals; the next look brings it up to date.
        await Client.StartUpload("shop/r4");
        _host.Db.Read(connection => QuotaGuard.Find(connection, "shop"))!.Used.ShouldBe(truth);
    }

    [Fact]
    public async Task TagsAndRepositories_AreBounded()
    {
        await Client.PushImage("shop/web", "v1");
        await Limit(tags: 2, repositories: 1);
        await Client.PushImage("shop/web", "v1", seed: 2);
        await Client.PushImage("shop/web", "v2", seed: 2);
        await (await Client.PutManifest("shop/web", "v3", await Client.ImageManifest("shop/web", 2))).ShouldBeRefused(403, "DENIED");
        var other = await Client.PutManifest("shop/api", "v1", await Client.ImageManifest("shop/api", 3));
        await other.ShouldBeRefused(403, "DENIED");
        (await other.Text()).ShouldContain("1 of 1 repositories are used");

        await Limit();
        await Client.PushImage("shop/api", "v1", seed: 3);
        Rules.Show("shop").Usage.ShouldBe(new ProjectUsage(Used(), 3, 2));
    }
}
