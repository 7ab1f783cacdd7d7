using System.Net;

namespace Slipway.Registry.Tests.Endpoints;

/// <summary>Specification 1.1: "Pulling blobs", "Checking if content exists in the registry", "Deleting Blobs"; RFC 9110, sections 13 and 14.</summary>
public sealed class BlobPullTests : IAsyncLifetime
{
    static readonly byte[] Content = Client.Random(600_000);

    RegistryHost _host = null!;
    string _digest = null!;

    HttpClient Http => _host.Client;

    string Path => $"/v2/a/b/blobs/{_digest}";

    public async ValueTask InitializeAsync()
    {
        _host = await RegistryHost.Start();
        _digest = await Http.PushBlob("a/b", Content);
    }

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Base_SaysThatItIsARegistry()
    {
        foreach (var path in new[] { "/v2/", "/v2" })
        {
            var response = await Http.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Header("Docker-Distribution-API-Version").ShouldBe("registry/2.0");
        }
    }

    [Fact]
    public async Task GetAndHead_Whole_AgreeInTheirHeaders()
    {
        foreach (var method in new[] { "GET", "HEAD" })
        {
            var response = await Http.Send(method, Path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            response.Content.Headers.ContentLength.ShouldBe(Content.Length);
            response.Content.Headers.ContentType!.MediaType.ShouldBe("application/octet-stream");
            response.Header("Docker-Content-Digest").ShouldBe(_digest);
            response.Header("ETag").ShouldBe($"\"{_digest}\"");
            response.Header("Accept-Ranges").ShouldBe("bytes");
            (await response.Content.ReadAsByteArrayAsync()).ShouldBe(method == "GET" ? Content : []);
        }
    }

    [Theory]
    [InlineData("bytes=0-0", 0, 1)]
    [InlineData("bytes=100-199", 100, 100)]
    [InlineData("bytes=599999-", 599_999, 1)]
    [InlineData("bytes=-5", 599_995, 5)]
    [InlineData("bytes=-9999999", 0, 600_000)]
    [InlineData("bytes=300000-9999999", 300_000, 300_000)]
    public async Task Get_Range_IsThatPart(string range, int first, int length)
    {
        var response = await Http.Send("GET", Path, null, ("Range", range));
        response.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        response.Header("Content-Range").ShouldBe($"bytes {first}-{first + length - 1}/{Content.Length}");
        (await response.Content.ReadAsByteArrayAsync()).ShouldBe(Content[first..(first + length)]);
    }

    [Theory]
    [InlineData("bytes=600000-")]
    [InlineData("bytes=700000-800000")]
    [InlineData("bytes=-0")]
    [InlineData("bytes=5-4")]
    public async Task Get_RangeBeyondTheEnd_Is416WithoutTheBlobsLength(string range)
    {
        var response = await Http.Send("GET", Path, null, ("Range", range));
        response.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        response.Header("Content-Range").ShouldBe($"bytes */{Content.Length}");
        response.Content.Headers.ContentLength.ShouldBe(0);
    }

    [Theory]
    [InlineData("lines=1-2")]
    [InlineData("bytes=a-b")]
    [InlineData("bytes=0-1,5-6")]
    public async Task Get_RangeThatIsNone_IsIgnored(string range)
    {
        var response = await Http.Send("GET", Path, null, ("Range", range));
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(Content.Length);
    }

    [Fact]
    public async Task Get_IfRange_OnlyOfTheSameBytes()
    {
        (await Http.Send("GET", Path, null, ("Range", "bytes=0-9"), ("If-Range", $"\"{_digest}\""))).StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        (await Http.Send("GET", Path, null, ("Range", "bytes=0-9"), ("If-Range", "\"other\""))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Get_IfNoneMatch_IsNotSentAgain()
    {
        (await Http.Send("GET", Path, null, ("If-None-Match", $"\"{_digest}\""))).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        (await Http.Send("GET", Path, null, ("If-None-Match", "\"other\""))).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Get_OfARepositoryThatDoesNotHaveIt_IsUnknown()
    {
        await (await Http.GetAsync($"/v2/c/d/blobs/{_digest}")).ShouldBeRefused(404, "BLOB_UNKNOWN");
        await (await Http.GetAsync($"/v2/a/b/blobs/{Client.Sha256([1])}")).ShouldBeRefused(404, "BLOB_UNKNOWN");
        (await Http.Send("HEAD", $"/v2/c/d/blobs/{_digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Delete_TakesItFromOneRepositoryOnly()
    {
        await Http.Send("POST", $"/v2/c/d/blobs/uploads/?mount={_digest}&from=a/b");
        (await Http.Send("DELETE", Path)).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await (await Http.GetAsync(Path)).ShouldBeRefused(404, "BLOB_UNKNOWN");
        await (await Http.Send("DELETE", Path)).ShouldBeRefused(404, "BLOB_UNKNOWN");
        (await Http.GetByteArrayAsync($"/v2/c/d/blobs/{_digest}")).ShouldBe(Content);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Get_FileDamaged_IsUnknown_UntilItIsPushedAgain(bool missing)
    {
        var file = Directory.EnumerateFiles(_host.BlobFolder, _digest[7..], SearchOption.AllDirectories).Single();
        if (missing) File.Delete(file);
        else File.WriteAllBytes(file, Content[..1000]);

        (await Http.Send("HEAD", Path)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await Http.PushBlob("a/b", Content);

        (await Http.GetByteArrayAsync(Path)).ShouldBe(Content);
    }
}
