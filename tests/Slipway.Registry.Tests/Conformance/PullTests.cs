using System.Net;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Specification, "Pull": "Pulling manifests", "Pulling blobs", "Checking if content exists in the registry"; and "Determining Support".</summary>
public sealed class PullTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    HttpClient Http => host.Http;

    /// <summary>"Determining Support" (end-1).</summary>
    [Fact]
    public async Task Base_Is200() => (await Http.GetAsync("/v2/")).StatusCode.ShouldBe(HttpStatusCode.OK);

    /// <summary>"Pulling manifests": MUST be 200 with Docker-Content-Digest; Content-Type as pushed, without parameters.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Manifest_ByDigestAndTag_IsTheBytesThatWerePushed(string algorithm)
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository, algorithm, tags: ["v1"]);
        foreach (var reference in new[] { image.Digest, "v1" })
        {
            var got = await Http.GetAsync($"/v2/{repository}/manifests/{reference}");
            got.StatusCode.ShouldBe(HttpStatusCode.OK);
            got.Header("Docker-Content-Digest").ShouldBe(image.Digest);
            got.Header("Content-Type").ShouldBe(image.MediaType);
            got.Content.Headers.ContentLength.ShouldBe(image.Bytes.Length);
            (await got.Content.ReadAsByteArrayAsync()).ShouldBe(image.Bytes);
        }
    }

    /// <summary>"Checking if content exists": MUST be 200 with Docker-Content-Digest and the size as Content-Length.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Head_OfManifestAndBlob_HasDigestAndSizeAndNoBody(string algorithm)
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository, algorithm, tags: ["v1"]);
        var blob = await Http.Push(repository, Content.Random(algorithm));
        foreach (var (path, content) in new[] { ($"manifests/{image.Digest}", image), ("manifests/v1", image), ($"blobs/{blob.Digest}", blob) })
        {
            var head = await Http.Send("HEAD", $"/v2/{repository}/{path}");
            head.StatusCode.ShouldBe(HttpStatusCode.OK);
            head.Header("Docker-Content-Digest").ShouldBe(content.Digest);
            head.Content.Headers.ContentLength.ShouldBe(content.Bytes.Length);
            (await head.Content.ReadAsByteArrayAsync()).ShouldBeEmpty();
        }
    }

    /// <summary>"Pulling blobs": MUST be 200 with Docker-Content-Digest.</summary>
    [Theory]
    [InlineData("sha256", 0)]
    [InlineData("sha512", 0)]
    [InlineData("sha256", 512)]
    [InlineData("sha512", 512)]
    public async Task Blob_IsTheBytesThatWerePushed(string algorithm, int size)
    {
        var repository = host.NewRepository();
        var blob = await Http.Push(repository, Content.Random(algorithm, size));
        await Http.ShouldServe(repository, blob);
    }

    /// <summary>All of them: 404 where the repository, the manifest or the blob is unknown.</summary>
    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task Unknown_Is404(string method)
    {
        var repository = host.NewRepository();
        await Http.PushImageOf(repository);
        var missing = Content.Random();
        foreach (var path in new[]
        {
            $"{repository}/manifests/missing", $"{repository}/manifests/{missing.Digest}", $"{repository}/blobs/{missing.Digest}",
            $"no/where/manifests/latest", $"no/where/manifests/{missing.Digest}", $"no/where/blobs/{missing.Digest}",
        })
        {
            (await Http.Send(method, $"/v2/{path}")).StatusCode.ShouldBe(HttpStatusCode.NotFound, path);
        }
    }

    /// <summary>A digest that is malformed is an error of the request, never one of the server.</summary>
    [Fact]
    public async Task MalformedDigest_Is400()
    {
        var repository = host.NewRepository();
        await (await Http.GetAsync($"/v2/{repository}/manifests/sha256:baddigeststring")).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.GetAsync($"/v2/{repository}/blobs/sha256:baddigeststring")).ShouldBeRefused(400, "DIGEST_INVALID");
    }

    /// <summary>"Pulling blobs": SHOULD support Range (RFC 9110, section 14).</summary>
    [Theory]
    [InlineData("sha256", "bytes=500-1499", 500, 1000)]
    [InlineData("sha256", "bytes=500-", 500, 1548)]
    [InlineData("sha256", "bytes=-500", 1548, 500)]
    [InlineData("sha256", "bytes=2000-5000", 2000, 48)]
    [InlineData("sha512", "bytes=500-1499", 500, 1000)]
    [InlineData("sha512", "bytes=-500", 1548, 500)]
    public async Task Range_IsThatPart(string algorithm, string range, int first, int length)
    {
        var repository = host.NewRepository();
        var blob = await Http.Push(repository, Content.Random(algorithm, 2048));
        var part = await Http.Send("GET", $"/v2/{repository}/blobs/{blob.Digest}", null, ("Range", range));
        part.StatusCode.ShouldBe(HttpStatusCode.PartialContent);
        part.Header("Content-Range").ShouldBe($"bytes {first}-{first + length - 1}/2048");
        part.Header("Docker-Content-Digest").ShouldBe(blob.Digest);
        part.Content.Headers.ContentLength.ShouldBe(length);
        (await part.Content.ReadAsByteArrayAsync()).ShouldBe(blob.Bytes[first..(first + length)]);
    }

    [Theory]
    [InlineData("bytes=500-0")]
    [InlineData("bytes=5000-10000")]
    [InlineData("bytes=2048-")]
    public async Task Range_ThatIsNotThere_Is416WithoutTheBlobsLength(string range)
    {
        var repository = host.NewRepository();
        var blob = await Http.Push(repository, Content.Random(size: 2048));
        var refused = await Http.Send("GET", $"/v2/{repository}/blobs/{blob.Digest}", null, ("Range", range));
        refused.StatusCode.ShouldBe(HttpStatusCode.RequestedRangeNotSatisfiable);
        refused.Content.Headers.ContentLength.ShouldBe(0);
        refused.Header("Content-Range").ShouldBe("bytes */2048");
    }

    /// <summary>"API": HTTP semantics by RFC 9110, here conditional requests (section 13); also then with Docker-Content-Digest.</summary>
    [Theory]
    [InlineData("GET")]
    [InlineData("HEAD")]
    public async Task Unchanged_Is304(string method)
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository, tags: ["v1"]);
        var blob = await Http.Push(repository, Content.Random());
        foreach (var (path, content) in new[] { ("manifests/v1", image), ($"manifests/{image.Digest}", image), ($"blobs/{blob.Digest}", blob) })
        {
            var etag = (await Http.Send("HEAD", $"/v2/{repository}/{path}")).Header("ETag")!;
            var unchanged = await Http.Send(method, $"/v2/{repository}/{path}", null, ("If-None-Match", etag));
            unchanged.StatusCode.ShouldBe(HttpStatusCode.NotModified);
            unchanged.Header("Docker-Content-Digest").ShouldBe(content.Digest);
            (await Http.Send(method, $"/v2/{repository}/{path}", null, ("If-None-Match", "\"other\""))).StatusCode.ShouldBe(HttpStatusCode.OK);
        }
    }
}
