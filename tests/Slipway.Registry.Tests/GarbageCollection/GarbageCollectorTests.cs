using System.Net;
using System.Text;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Tests.GarbageCollection;

public sealed class GarbageCollectorTests : IAsyncLifetime
{
    RegistryHost _host = null!;

    HttpClient Http => _host.Client;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Blob_WithoutManifest_StaysForItsLease_AndGoesAfterIt()
    {
        var digest = await Http.PushBlob("team/app", Client.Random(1000));

        (await Collect()).Blobs.ShouldBe(0);
        (await Has("team/app", digest)).ShouldBeTrue();
        Wait(days: 1.1);
        var report = await Collect();

        (report.Links, report.Blobs, report.BlobBytes, report.EmptyRepositories).ShouldBe((1, 1, 1000, 1));
        report.Repositories.ShouldHaveSingleItem().ShouldBe(new RepositoryCollection("team", "team/app", 0, 1, 1000));
        (await Has("team/app", digest)).ShouldBeFalse();
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task Image_WithTag_StaysForEver()
    {
        await Http.PushImage("a/b", "v1");
        Wait(days: 400);
        var report = await Collect();
        (report.Links, report.Blobs, report.Strays, report.EmptyRepositories).ShouldBe((0, 0, 0, 0));
        Files().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Image_Deleted_FreesWhatOnlyItHad()
    {
        await Http.PushImage("a/b", "one", seed: 1);
        var two = await Http.PushImage("a/b", "two", seed: 2);
        var shared = await Http.PushBlob("a/b", Client.Random(5000, 9));
        await Http.PutManifest("a/b", "three", Client.Image(shared, [shared]));
        await Http.PutManifest("a/b", "four", Client.Image(shared, []));
        (await Http.Send("DELETE", $"/v2/a/b/manifests/{two}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await Http.Send("DELETE", "/v2/a/b/manifests/three")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        Wait(days: 2);

        var report = await Collect();

        report.Blobs.ShouldBe(2);
        (await Has("a/b", shared)).ShouldBeTrue();
        (await Http.GetAsync("/v2/a/b/manifests/one")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Blob_OfTwoRepositories_GoesWhenTheSecondHasNoUseForIt()
    {
        var digest = await Http.PushBlob("a/b", Client.Random(1000));
        await Http.PutManifest("a/b", "v1", Client.Image(digest, []));
        (await Http.Send("POST", $"/v2/c/d/blobs/uploads/?mount={digest}&from=a/b")).StatusCode.ShouldBe(HttpStatusCode.Created);
        Wait(days: 2);

        var report = await Collect();

        (report.Links, report.Blobs).ShouldBe((1, 0));
        (await Has("c/d", digest)).ShouldBeFalse();
        (await Has("a/b", digest)).ShouldBeTrue();
    }

    [Fact]
    public async Task Blob_ThatAnIndexLists_IsReferredTo()
    {
        // As BuildKit exports its cache.
        var layer = await Http.PushBlob("a/cache", Client.Random(1000));
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{"mediaType":"application/vnd.oci.image.layer.v1.tar+gzip","digest":"{{layer}}","size":1000}]}""";
        (await Http.PutManifest("a/cache", "cache", index, Client.OciIndex)).StatusCode.ShouldBe(HttpStatusCode.Created);
        Wait(days: 30);
        (await Collect()).Links.ShouldBe(0);
        (await Has("a/cache", layer)).ShouldBeTrue();
    }

    [Fact]
    public async Task Head_BeginsTheLeaseAnew()
    {
        var digest = await Http.PushBlob("a/b", Client.Random(1000));
        Wait(days: 0.9);
        (await Has("a/b", digest)).ShouldBeTrue();
        Wait(days: 0.9);
        (await Collect()).Links.ShouldBe(0);
        (await Http.PutManifest("a/b", "v1", Client.Image(digest, []))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Head_WithMuchOfTheLeaseLeft_WritesNothing()
    {
        var digest = await Http.PushBlob("a/b", Client.Random(1000));
        var before = Lease();
        Wait(days: 0.4);
        await Has("a/b", digest);
        Lease().ShouldBe(before);
        Wait(days: 0.2);
        await Has("a/b", digest);
        Lease().ShouldNotBe(before);

        string? Lease() => Database.Read(connection => connection.ExecuteScalar<string>("SELECT leased_until FROM registry_repository_blobs"));
    }

    [Fact]
    public async Task Mount_BeginsTheLeaseAnew_AndPushOfWhatIsThereToo()
    {
        var content = Client.Random(1000);
        var digest = await Http.PushBlob("a/b", content);
        await Http.PutManifest("a/b", "v1", Client.Image(digest, []));
        await Http.Send("POST", $"/v2/mounted/x/blobs/uploads/?mount={digest}&from=a/b");
        await Http.PushBlob("pushed/x", content);
        Wait(days: 0.9);
        await Http.Send("POST", $"/v2/mounted/x/blobs/uploads/?mount={digest}&from=a/b");
        await Http.PushBlob("pushed/x", content);
        Wait(days: 0.9);
        (await Collect()).Links.ShouldBe(0);
    }

    [Fact]
    public async Task Push_OfADigestJustCollected_BringsItBack()
    {
        var content = Client.Random(1000);
        var digest = await Http.PushBlob("a/b", content);
        Wait(days: 2);
        await Collect();
        await Http.PushBlob("a/b", content);
        (await Http.GetByteArrayAsync($"/v2/a/b/blobs/{digest}")).ShouldBe(content);
        await Collect();
        (await Http.GetByteArrayAsync($"/v2/a/b/blobs/{digest}")).ShouldBe(content);
    }

    [Fact]
    public async Task DryRun_ChangesNothing_AndSaysTheSame()
    {
        var digest = await Http.PushImage("a/b", "v1");
        await Http.PushImage("a/keep", "v1", seed: 2);
        await Http.PushBlob("c/d", Client.Random(300, 7));
        (await Http.Send("DELETE", "/v2/a/b/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        Wait(days: 40);
        var request = new CollectionRequest { DryRun = true, UntaggedAfter = TimeSpan.FromDays(30) };

        var dry = await Collect(request);

        Files().Count.ShouldBe(5);
        (await Http.GetAsync($"/v2/a/b/manifests/{digest}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        var real = await Collect(request with { DryRun = false });
        (dry.Manifests, dry.Links, dry.Blobs, dry.BlobBytes).ShouldBe((real.Manifests, real.Links, real.Blobs, real.BlobBytes));
        dry.Repositories.ShouldBe(real.Repositories);
        (real.Manifests, real.Links, real.Blobs).ShouldBe((1, 3, 3));
        Files().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Untagged_OnlyWhenAsked_AndCountedFromTheLossOfTheTag()
    {
        var old = await Http.PushImage("a/b", "latest", seed: 1);
        Wait(days: 100);
        await Http.PushImage("a/b", "latest", seed: 2);
        await Collect();
        var ask = new CollectionRequest { UntaggedAfter = TimeSpan.FromDays(30) };
        Wait(days: 20);
        (await Collect(ask)).Manifests.ShouldBe(0);
        Wait(days: 20);
        (await Collect(ask)).Manifests.ShouldBe(1);
        await (await Http.GetAsync($"/v2/a/b/manifests/{old}")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        (await Http.GetAsync("/v2/a/b/manifests/latest")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Untagged_InAnIndexOrAttached_LivesAsLongAsThat()
    {
        var child = Encoding.UTF8.GetBytes(await Http.ImageManifest("a/b", 1));
        var childDigest = Client.Sha256(child);
        await Http.Send("PUT", $"/v2/a/b/manifests/{childDigest}", child, ("Content-Type", Client.OciImage));
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{"mediaType":"{{Client.OciImage}}","digest":"{{childDigest}}","size":{{child.Length}}}]}""";
        await Http.PutManifest("a/b", "v1", index, Client.OciIndex);
        var signature = Encoding.UTF8.GetBytes(await Http.ImageManifest("a/b", 2, $$""","subject":{"mediaType":"{{Client.OciImage}}","digest":"{{childDigest}}","size":{{child.Length}}}"""));
        await Http.Send("PUT", $"/v2/a/b/manifests/{Client.Sha256(signature)}", signature, ("Content-Type", Client.OciImage));
        Wait(days: 100);
        var ask = new CollectionRequest { UntaggedAfter = TimeSpan.FromDays(30) };

        (await Collect(ask)).Manifests.ShouldBe(0);
        await Http.Send("DELETE", "/v2/a/b/manifests/v1");
        Wait(days: 100);
        // The index and its image go in one run; the signature's subject is gone then, which is a question of its own.
        (await Collect(ask)).Manifests.ShouldBe(2);
        (await Collect(ask)).Manifests.ShouldBe(0);
        (await Collect(ask with { GoneSubjects = true })).Manifests.ShouldBe(1);
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task Stray_OldOnesGo_YoungOnesStay()
    {
        await Http.PushImage("a/b", "v1");
        var store = _host.Services.GetRequiredService<IBlobStore>();
        var content = Client.Random(700, 3);
        var id = Guid.NewGuid();
        await using (var writer = await store.OpenUpload(id, default)) await writer.Append(content, default);
        // A crash between publish and commit.
        await store.Publish(id, Model.Digest.Sha256(content), default);

        (await Collect()).Strays.ShouldBe(0);
        Wait(days: 1.1);
        var report = await Collect();

        (report.Strays, report.StrayBytes).ShouldBe((1, 700));
        Files().Count.ShouldBe(2);
    }

    [Fact]
    public async Task Strays_InGreatNumber_AreLeftAlone_UntilAskedFor()
    {
        var folder = Directory.CreateDirectory(Path.Combine(_host.BlobFolder, "blobs", "sha256", "ab")).FullName;
        for (var i = 0; i < 150; i++) File.WriteAllText(Path.Combine(folder, "ab" + i.ToString("x62", System.Globalization.CultureInfo.InvariantCulture)), "x");
        Wait(days: 10);

        var report = await Collect();

        (report.Strays, report.StraysKept).ShouldBe((0, 150));
        Files().Count.ShouldBe(150);
        (await Collect(new CollectionRequest { AllStrays = true })).Strays.ShouldBe(150);
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task Collect_OneAtATime_AndTheClaimOfADeadOneEnds()
    {
        var claims = _host.Services.GetRequiredService<UpkeepClaims>();
        (await claims.TryClaim("collection")).ShouldNotBeNull();
        var collector = _host.Services.GetRequiredService<GarbageCollector>();
        (await collector.Collect(new CollectionRequest(), Caller.Server)).ShouldBeNull();
        _host.Time.Ahead += TimeSpan.FromMinutes(2);
        (await collector.Collect(new CollectionRequest(), Caller.Server)).ShouldNotBeNull();
        (await collector.Collect(new CollectionRequest(), Caller.Server)).ShouldNotBeNull();
    }

    [Fact]
    public async Task LastReport_SurvivesARestart_DryRunsLeaveNone()
    {
        var collector = _host.Services.GetRequiredService<GarbageCollector>();
        await collector.Collect(new CollectionRequest { DryRun = true }, Caller.Server);
        collector.LastReport().ShouldBeNull();
        await Http.PushBlob("a/b", Client.Random(1000));
        Wait(days: 2);
        await Collect();
        await _host.Restart();
        _host.Services.GetRequiredService<GarbageCollector>().LastReport()!.BlobBytes.ShouldBe(1000);
    }

    [Fact]
    public async Task Repository_InWhichAnUploadIsOpen_Stays()
    {
        var location = await Http.StartUpload("a/b");
        (await Collect()).EmptyRepositories.ShouldBe(0);
        await Http.Send("DELETE", location);
        (await Collect()).EmptyRepositories.ShouldBe(1);
    }

    Database.Database Database => _host.Services.GetRequiredService<Database.Database>();

    void Wait(double days) => _host.Time.Ahead += TimeSpan.FromDays(days);

    async Task<CollectionReport> Collect(CollectionRequest? request = null) =>
        (await _host.Services.GetRequiredService<GarbageCollector>().Collect(request ?? new CollectionRequest(), Caller.Server)).ShouldNotBeNull();

    async Task<bool> Has(string repository, string digest) => (await Http.Send("HEAD", $"/v2/{repository}/blobs/{digest}")).StatusCode == HttpStatusCode.OK;

    List<string> Files() => [.. Directory.EnumerateFiles(Path.Combine(_host.BlobFolder, "blobs"), "*", SearchOption.AllDirectories)];
}
