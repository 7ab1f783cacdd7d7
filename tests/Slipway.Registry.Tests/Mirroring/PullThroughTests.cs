using System.Net;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Names;
using Slipway.Registry.Storage;
using Slipway.Registry.Verifying;

namespace Slipway.Registry.Tests.Mirroring;

public sealed class PullThroughTests : IAsyncLifetime
{
    RegistryHost _origin = null!;
    FaultyUpstream _upstream = null!;
    RegistryHost _host = null!;

    public async ValueTask InitializeAsync()
    {
        _origin = await RegistryHost.Start();
        _upstream = await FaultyUpstream.Before(_origin.Client);
        _host = await RegistryHost.Start();
        await SetCache(new CacheSettings { Project = "hub", Upstream = _upstream.Url });
    }

    public async ValueTask DisposeAsync()
    {
        await _host.DisposeAsync();
        await _upstream.DisposeAsync();
        await _origin.DisposeAsync();
    }

    [Fact]
    public async Task Get_Missing_ComesFromUpstreamOnceAndIsKept()
    {
        var digest = await _origin.Client.PushImage("team/app", "v1");
        var layer = Client.Random(1000);

        for (var pull = 0; pull < 2; pull++)
        {
            var manifest = await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
            manifest.Header("Docker-Content-Digest").ShouldBe(digest);
            manifest.Content.Headers.ContentType!.MediaType.ShouldBe(Client.OciImage);
            (await _host.Client.GetByteArrayAsync($"/v2/hub/team/app/blobs/{Client.Sha256(layer)}")).ShouldBe(layer);
            await Kept("hub/team/app", Client.Sha256(layer));
        }

        _upstream.Count("GET", "/manifests/").ShouldBe(1);
        _upstream.Count("GET", "/blobs/").ShouldBe(1);
        _upstream.Count("HEAD", "").ShouldBe(0);
    }

    [Fact]
    public async Task Get_ManyAtOnce_FetchEachDigestOnce()
    {
        var content = Client.Random(3_000_000);
        var digest = await _origin.Client.PushBlob("team/app", content);
        var go = new TaskCompletionSource();
        _upstream.Fault = async context =>
        {
            if (context.Request.Path.Value!.Contains("/blobs/", StringComparison.Ordinal)) await go.Task;
            return false;
        };

        var pulls = Enumerable.Range(0, 20).Select(_ => _host.Client.GetByteArrayAsync($"/v2/hub/team/app/blobs/{digest}")).ToList();
        await Until(() => _upstream.Count("GET", "/blobs/") == 1);
        go.SetResult();

        foreach (var pull in pulls) (await pull).AsSpan().SequenceEqual(content).ShouldBeTrue();
        _upstream.Count("GET", "/blobs/").ShouldBe(1);
    }

    [Fact]
    public async Task Get_BlobStillArriving_IsSentAsItComes()
    {
        var content = Client.Random(3_000_000);
        var digest = await _origin.Client.PushBlob("team/app", content);
        var rest = new TaskCompletionSource();
        _upstream.Body = async (context, body) =>
        {
            await context.Response.Body.WriteAsync(body.AsMemory(0, 2_000_000));
            await context.Response.Body.FlushAsync();
            await rest.Task;
            await context.Response.Body.WriteAsync(body.AsMemory(2_000_000));
        };

        var first = await _host.Client.GetAsync($"/v2/hub/team/app/blobs/{digest}", HttpCompletionOption.ResponseHeadersRead);
        await using var stream = await first.Content.ReadAsStreamAsync();
        var begun = new byte[1_900_000];
        await stream.ReadExactlyAsync(begun);
        begun.AsSpan().SequenceEqual(content.AsSpan(0, 1_900_000)).ShouldBeTrue();
        // One who comes in the middle, for a part of it.
        var second = await _host.Client.Send("GET", $"/v2/hub/team/app/blobs/{digest}", null, ("Range", "bytes=100-199"));
        second.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await second.Content.ReadAsByteArrayAsync()).ShouldBe(content[100..200]);
        // And the first goes away: the fetch goes on.
        first.Dispose();
        rest.SetResult();

        await Kept("hub/team/app", digest);
        (await _host.Client.GetByteArrayAsync($"/v2/hub/team/app/blobs/{digest}")).AsSpan().SequenceEqual(content).ShouldBeTrue();
        _upstream.Count("GET", "/blobs/").ShouldBe(1);
    }

    [Fact]
    public async Task Get_CutInTheMiddle_GoesOnWithARange()
    {
        var content = Client.Random(3_000_000);
        var digest = await _origin.Client.PushBlob("team/app", content);
        var cuts = 0;
        _upstream.Body = async (context, body) =>
        {
            if (cuts++ > 1)
            {
                await context.Response.Body.WriteAsync(body);
                return;
            }
            await context.Response.Body.WriteAsync(body.AsMemory(0, 500_000));
            await context.Response.Body.FlushAsync();
            context.Abort();
        };

        (await _host.Client.GetByteArrayAsync($"/v2/hub/team/app/blobs/{digest}")).AsSpan().SequenceEqual(content).ShouldBeTrue();

        _upstream.Count("GET", "/blobs/").ShouldBe(3);
        await Kept("hub/team/app", digest);
    }

    [Fact]
    public async Task Get_UpstreamLiesAboutTheDigest_NobodyGetsTheWholeAndNothingIsKept()
    {
        var content = Client.Random(600_000);
        var digest = await _origin.Client.PushBlob("team/app", content);
        _upstream.Body = (context, body) =>
        {
            body[300_000] ^= 1;
            return context.Response.Body.WriteAsync(body).AsTask();
        };

        var pulls = Enumerable.Range(0, 3).Select(_ => Should.ThrowAsync<HttpRequestException>(() => _host.Client.GetByteArrayAsync($"/v2/hub/team/app/blobs/{digest}"))).ToList();
        await Task.WhenAll(pulls);

        Directory.EnumerateFiles(Path.Combine(_host.BlobFolder, "blobs"), "*", SearchOption.AllDirectories).ShouldBeEmpty();
        await Until(() => !Directory.EnumerateFiles(Path.Combine(_host.BlobFolder, "fetches")).Any());
        _upstream.Body = null;
        (await _host.Client.GetByteArrayAsync($"/v2/hub/team/app/blobs/{digest}")).AsSpan().SequenceEqual(content).ShouldBeTrue();
    }

    [Fact]
    public async Task Get_UpstreamLiesAboutAManifest_IsRefused()
    {
        var digest = await _origin.Client.PushImage("team/app", "v1");
        _upstream.Body = (context, body) =>
        {
            body[^2] = (byte)' ';
            return context.Response.Body.WriteAsync(body).AsTask();
        };
        await (await _host.Client.GetAsync($"/v2/hub/team/app/manifests/{digest}")).ShouldBeRefused(502, "UNAVAILABLE");
        _host.Catalog.Find("hub/team/app", digest).ShouldBeNull();
    }

    [Fact]
    public async Task Get_TagOlderThanItsLifetime_AsksWithOneHead()
    {
        await _origin.Client.PushImage("team/app", "v1");
        await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
        await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
        _upstream.Count("HEAD", "").ShouldBe(0);

        _host.Time.Ahead = TimeSpan.FromHours(1);
        await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
        await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
        (_upstream.Count("HEAD", "/manifests/"), _upstream.Count("GET", "/manifests/")).ShouldBe((1, 1));

        var moved = await _origin.Client.PushImage("team/app", "v1", seed: 2);
        _host.Time.Ahead = TimeSpan.FromHours(2);
        (await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(moved);
    }

    [Theory]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    [InlineData(404)]
    [InlineData(401)]
    [InlineData(0)]
    public async Task Get_UpstreamFails_ServesWhatItHasWithAWarning(int status)
    {
        var digest = await _origin.Client.PushImage("team/app", "v1");
        await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
        _host.Time.Ahead = TimeSpan.FromHours(1);
        _upstream.Fault = context =>
        {
            if (status == 0) context.Abort();
            context.Response.StatusCode = status;
            return Task.FromResult(true);
        };

        var answer = await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Header("Docker-Content-Digest").ShouldBe(digest);
        answer.Header("Warning")!.ShouldStartWith("299 - \"from the cache");
    }

    [Fact]
    public async Task Get_LimitReached_IsPassedOnWhereThereIsNothingToServe()
    {
        _upstream.Fault = context =>
        {
            context.Response.StatusCode = 429;
            context.Response.Headers.RetryAfter = "3600";
            return Task.FromResult(true);
        };
        var answer = await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
        await answer.ShouldBeRefused(429, "TOOMANYREQUESTS");
        answer.Header("Retry-After").ShouldBe("3600");
        _upstream.Requests.Count.ShouldBe(1);
    }

    [Fact]
    public async Task Get_ShortlyUnavailable_IsTriedAgain()
    {
        var digest = await _origin.Client.PushImage("team/app", "v1");
        var asked = 0;
        _upstream.Fault = context =>
        {
            if (asked++ > 1) return Task.FromResult(false);
            context.Response.StatusCode = asked == 1 ? 503 : 429;
            context.Response.Headers.RetryAfter = "0";
            return Task.FromResult(true);
        };
        (await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(digest);
    }

    [Fact]
    public async Task Get_NearTheLimit_ServesWhatItHasAndDoesNotSpendTheRest()
    {
        var old = await _origin.Client.PushImage("team/app", "v1");
        _upstream.Fault = context =>
        {
            context.Response.Headers["RateLimit-Limit"] = "100;w=21600";
            context.Response.Headers["RateLimit-Remaining"] = "4;w=21600";
            return Task.FromResult(false);
        };
        await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
        await _origin.Client.PushImage("team/app", "v1", seed: 2);
        _host.Time.Ahead = TimeSpan.FromHours(1);

        var answer = await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");

        answer.Header("Docker-Content-Digest").ShouldBe(old);
        answer.Header("Warning")!.ShouldContain("only 4 more pulls");
        _upstream.Count("GET", "/manifests/").ShouldBe(1);
    }

    [Fact]
    public async Task Get_NotThere_Is404()
    {
        await (await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        await (await _host.Client.GetAsync($"/v2/hub/team/app/blobs/{Client.Sha256([1])}")).ShouldBeRefused(404, "BLOB_UNKNOWN");
    }

    [Fact]
    public async Task Get_IndexAndChild_ComeOnDemand()
    {
        var amd64 = await _origin.Client.PushImage("team/app", "amd64");
        var arm64 = await _origin.Client.PushImage("team/app", "arm64", seed: 2);
        var entries = new[] { amd64, arm64 }.Select(digest => $$"""{"mediaType":"{{Client.OciImage}}","digest":"{{digest}}","size":{{_origin.Catalog.Find("team/app", digest)!.Size}}}""");
        var index = $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{{string.Join(",", entries)}}]}""";
        (await _origin.Client.PutManifest("team/app", "v1", index, Client.OciIndex)).StatusCode.ShouldBe(HttpStatusCode.Created);

        (await _host.Client.GetStringAsync("/v2/hub/team/app/manifests/v1")).ShouldBe(index);
        (await _host.Client.GetAsync($"/v2/hub/team/app/manifests/{amd64}")).StatusCode.ShouldBe(HttpStatusCode.OK);

        _host.Catalog.Find("hub/team/app", amd64).ShouldNotBeNull();
        _host.Catalog.Find("hub/team/app", arm64).ShouldBeNull();
        // That nobody has pulled the rest yet is no damage.
        var findings = new List<VerifyFinding>();
        await foreach (var line in _host.Services.GetRequiredService<Verifier>().Verify(false, 1, Caller.Server, default)) if (line.Finding is { } finding) findings.Add(finding);
        findings.ShouldBeEmpty();
    }

    [Fact]
    public async Task Get_LayerThatAnotherRepositoryHas_IsNotFetchedAgain()
    {
        var content = Client.Random(1000);
        var digest = await _origin.Client.PushBlob("team/app", content);
        await _host.Client.PushBlob("own/app", content);

        (await _host.Client.GetByteArrayAsync($"/v2/hub/team/app/blobs/{digest}")).AsSpan().SequenceEqual(content).ShouldBeTrue();

        (_upstream.Count("HEAD", "/blobs/"), _upstream.Count("GET", "/blobs/")).ShouldBe((1, 0));
        // Only where the upstream has it too: knowing a digest is no right.
        await _host.Client.PushBlob("own/app", Client.Random(1000, 7));
        await (await _host.Client.GetAsync($"/v2/hub/team/app/blobs/{Client.Sha256(Client.Random(1000, 7))}")).ShouldBeRefused(404, "BLOB_UNKNOWN");
    }

    [Fact]
    public async Task Head_Blob_DoesNotFetch()
    {
        var digest = await _origin.Client.PushBlob("team/app", Client.Random(1000));
        var answer = await _host.Client.Send("HEAD", $"/v2/hub/team/app/blobs/{digest}");
        answer.Content.Headers.ContentLength.ShouldBe(1000);
        _upstream.Count("GET", "").ShouldBe(0);
    }

    [Fact]
    public async Task Push_IntoACache_IsDeniedUnlessAllowed()
    {
        await (await _host.Client.Send("POST", "/v2/hub/team/app/blobs/uploads/")).ShouldBeRefused(403, "DENIED");
        await (await _host.Client.PutManifest("hub/team/app", "v1", "{}")).ShouldBeRefused(403, "DENIED");
        await SetCache(new CacheSettings { Project = "hub", Upstream = _upstream.Url, AllowPush = true });
        await _host.Client.PushImage("hub/own", "v1");
    }

    [Fact]
    public async Task Get_NotAllowedRepository_IsDenied()
    {
        await _origin.Client.PushImage("team/app", "v1");
        await _origin.Client.PushImage("other/app", "v1");
        await SetCache(new CacheSettings { Project = "hub", Upstream = _upstream.Url, Allowed = ["team/*"] });
        (await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await (await _host.Client.GetAsync("/v2/hub/other/app/manifests/v1")).ShouldBeRefused(403, "DENIED");
    }

    [Fact]
    public async Task Get_FetchBrokenOffByARestart_GoesOnWhereItWas()
    {
        var content = Client.Random(3_000_000);
        var digest = await _origin.Client.PushBlob("team/app", content);
        var never = new TaskCompletionSource();
        _upstream.Body = async (context, body) =>
        {
            await context.Response.Body.WriteAsync(body.AsMemory(0, 2_000_000));
            await context.Response.Body.FlushAsync();
            await never.Task.WaitAsync(context.RequestAborted);
        };
        using (var first = await _host.Client.GetAsync($"/v2/hub/team/app/blobs/{digest}", HttpCompletionOption.ResponseHeadersRead))
            await (await first.Content.ReadAsStreamAsync()).ReadExactlyAsync(new byte[1_500_000]);
        await _host.Restart();
        _upstream.Body = null;
        string? range = null;
        _upstream.Fault = context =>
        {
            range = context.Request.Headers.Range;
            return Task.FromResult(false);
        };

        (await _host.Client.GetByteArrayAsync($"/v2/hub/team/app/blobs/{digest}")).AsSpan().SequenceEqual(content).ShouldBeTrue();

        range.ShouldNotBeNull();
        range.ShouldNotBe("bytes=0-");
        never.SetResult();
    }

    [Fact]
    public async Task LastPulls_AreWrittenDown()
    {
        var digest = await _origin.Client.PushImage("team/app", "v1");
        await _host.Client.GetAsync("/v2/hub/team/app/manifests/v1");
        await _host.Services.GetRequiredService<LastPulls>().Write();
        _host.Services.GetRequiredService<Database.Database>().Read(connection => Dapper.SqlMapper.Query<string>(connection, "SELECT digest FROM registry_last_pulls").ToList()).ShouldBe([digest]);
    }

    [Fact]
    public async Task Set_PasswordIsSealed_AndOnlyStaysForItsRegistryAndUser()
    {
        var caches = _host.Services.GetRequiredService<Caches>();
        await SetCache(new CacheSettings { Project = "quay", Upstream = "quay.io", User = "bot", Password = "s3cret" });
        var listed = caches.List().Single(cache => cache.Project == "quay");
        (listed.Upstream, listed.User, listed.Password).ShouldBe(("https://quay.io", "bot", null));
        foreach (var file in Directory.EnumerateFiles(Path.GetDirectoryName(_host.BlobFolder)!)) Encoding.Latin1.GetString(ReadShared(file)).ShouldNotContain("s3cret");
        File.GetUnixFileMode(_host.BlobFolder + ".key").ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);

        await SetCache(new CacheSettings { Project = "quay", Upstream = "quay.io", User = "bot", TagLifetime = TimeSpan.FromHours(3) });
        Password("quay").ShouldBe("s3cret");
        await SetCache(new CacheSettings { Project = "quay", Upstream = "evil.example", User = "bot" });
        Password("quay").ShouldBeNull();
    }

    [Theory]
    [InlineData("a/b", "quay.io", "project")]
    [InlineData("hub", "ftp://x", "upstream")]
    [InlineData("hub", "https://user:pw@x", "upstream")]
    public async Task Set_Wrong_SaysWhat(string project, string upstream, string key) =>
        (await Should.ThrowAsync<Model.InvalidInputException>(() => SetCache(new CacheSettings { Project = project, Upstream = upstream }))).Diagnostics.Single().Key.ShouldBe(key);

    string? Password(string project) => _host.Services.GetRequiredService<Caches>().For(RepositoryName.TryParse(project + "/x", out var name) ? name : default)!.Upstream.Password;

    Task SetCache(CacheSettings settings) => _host.Services.GetRequiredService<Caches>().Set(settings, Caller.Server);

    Task Kept(string repository, string digest) => Until(() => _host.Services.GetRequiredService<BlobIndex>()
        .Find(RepositoryName.TryParse(repository, out var name) ? name : default, Model.Digest.Parse(digest)) is not null);

    static byte[] ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        return bytes;
    }

    static async Task Until(Func<bool> condition)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!condition()) await Task.Delay(10, limit.Token);
    }
}
