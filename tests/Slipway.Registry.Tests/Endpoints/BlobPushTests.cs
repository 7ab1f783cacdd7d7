using System.Net;

namespace Slipway.Registry.Tests.Endpoints;

/// <summary>Specification 1.1: "Pushing blobs", "Cancel a blob upload", "Mounting a blob from another repository".</summary>
public sealed class BlobPushTests : IAsyncLifetime
{
    static readonly byte[] Content = Client.Random(700_000);
    static readonly string Digest = Client.Sha256(Content);

    RegistryHost _host = null!;

    HttpClient Http => _host.Client;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task PostThenPut_IsCreated_AtARelativeLocation()
    {
        var started = await Http.Send("POST", "/v2/a/b/blobs/uploads/");
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var location = started.Headers.Location!.OriginalString;
        location.ShouldStartWith("/v2/a/b/blobs/uploads/");
        Guid.TryParse(location.Split('/')[^1], out _).ShouldBeTrue();

        var created = await Http.Send("PUT", $"{location}?digest={Digest}", Content);

        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Headers.Location!.OriginalString.ShouldBe($"/v2/a/b/blobs/{Digest}");
        created.Header("Docker-Content-Digest").ShouldBe(Digest);
        (await Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest}")).ShouldBe(Content);
        (await Http.Send("GET", location)).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task SinglePost_IsCreated()
    {
        var created = await Http.Send("POST", $"/v2/a/b/blobs/uploads/?digest={Digest}", Content);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Headers.Location!.OriginalString.ShouldBe($"/v2/a/b/blobs/{Digest}");
        (await Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task SinglePost_WrongDigest_LeavesNothing()
    {
        await (await Http.Send("POST", $"/v2/a/b/blobs/uploads/?digest={Client.Sha256([1])}", Content)).ShouldBeRefused(400, "DIGEST_INVALID");
        _host.Files.ShouldBeEmpty();
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(true, true)]
    public async Task Chunks_InOrder_AreCreated(bool withRange, bool lastInPut)
    {
        var location = await Http.StartUpload("a/b");
        const int Chunk = 250_000;
        for (var first = 0; first < Content.Length; first += Chunk)
        {
            var chunk = Content[first..Math.Min(first + Chunk, Content.Length)];
            (string, string)[] range = withRange ? [("Content-Range", $"{first}-{first + chunk.Length - 1}")] : [];
            if (lastInPut && first + Chunk >= Content.Length)
            {
                (await Http.Send("PUT", $"{location}?digest={Digest}", chunk, range)).StatusCode.ShouldBe(HttpStatusCode.Created);
                break;
            }
            var accepted = await Http.Send("PATCH", location, chunk, range);
            accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            accepted.Header("Range").ShouldBe($"0-{first + chunk.Length - 1}");
            location = accepted.Headers.Location!.OriginalString;
        }
        if (!lastInPut) (await Http.Send("PUT", $"{location}?digest={Digest}")).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Http.GetByteArrayAsync($"/v2/a/b/blobs/{Digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task Chunk_OutOfOrder_Is416_AndTheUploadGoesOn()
    {
        var location = await Http.StartUpload("a/b");
        (await Http.Send("PATCH", location, Content[..1000], ("Content-Range", "0-999"))).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        var skipped = await Http.Send("PATCH", location, Content[2000..3000], ("Content-Range", "2000-2999"));
        skipped.Header("Range").ShouldBe("0-999");
        skipped.Headers.Location!.OriginalString.ShouldBe(location);
        await skipped.ShouldBeRefused(416, "BLOB_UPLOAD_INVALID");
        await (await Http.Send("PATCH", location, Content[..1000], ("Content-Range", "0-999"))).ShouldBeRefused(416, "BLOB_UPLOAD_INVALID");
        await (await Http.Send("PUT", $"{location}?digest={Digest}", Content[2000..], ("Content-Range", $"2000-{Content.Length - 1}"))).ShouldBeRefused(416, "BLOB_UPLOAD_INVALID");

        var status = await Http.Send("GET", location);
        status.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        status.Header("Range").ShouldBe("0-999");
        status.Headers.Location!.OriginalString.ShouldBe(location);
        (await Http.Send("PUT", $"{location}?digest={Digest}", Content[1000..], ("Content-Range", $"1000-{Content.Length - 1}"))).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("bytes 0-9/10", "BLOB_UPLOAD_INVALID")]
    [InlineData("x", "BLOB_UPLOAD_INVALID")]
    [InlineData("9-0", "BLOB_UPLOAD_INVALID")]
    [InlineData("0-10", "SIZE_INVALID")]
    [InlineData("0-8", "SIZE_INVALID")]
    public async Task Chunk_MalformedRange_IsRefusedAndNothingIsTaken(string range, string code)
    {
        var location = await Http.StartUpload("a/b");
        await (await Http.Send("PATCH", location, Content[..10], ("Content-Range", range))).ShouldBeRefused(400, code);
        (await Http.Send("PATCH", location, Content[..10], ("Content-Range", "0-9"))).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    [Fact]
    public async Task Put_WrongDigest_Is400_AndTheUploadIsGone()
    {
        var location = await Http.StartUpload("a/b");
        await (await Http.Send("PUT", $"{location}?digest={Client.Sha256([1])}", Content)).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.Send("GET", location)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        await (await Http.Send("GET", $"/v2/a/b/blobs/{Digest}")).ShouldBeRefused(404, "BLOB_UNKNOWN");
        _host.Files.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("")]
    [InlineData("?digest=")]
    [InlineData("?digest=sha256:abc")]
    [InlineData("?digest=md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("?digest=../../etc/passwd")]
    public async Task Put_MalformedDigest_Is400_AndTheUploadStays(string query)
    {
        var location = await Http.StartUpload("a/b");
        await (await Http.Send("PUT", location + query, Content)).ShouldBeRefused(400, "DIGEST_INVALID");
        (await Http.Send("PUT", $"{location}?digest={Digest}", Content)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?digest-algorithm=sha512")]
    public async Task Sha512_AnnouncedOrNot_IsServedUnderTheDigestThatTheClientUsed(string query)
    {
        var digest = Client.Sha512(Content);
        var location = await Http.StartUpload("a/b", query);
        (await Http.Send("PATCH", location, Content[..1000])).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var created = await Http.Send("PUT", $"{location}?digest={digest}", Content[1000..]);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Header("Docker-Content-Digest").ShouldBe(digest);
        (await Http.GetByteArrayAsync($"/v2/a/b/blobs/{digest}")).ShouldBe(Content);
    }

    [Fact]
    public async Task DigestAlgorithm_Unsupported_Is400() =>
        await (await Http.Send("POST", "/v2/a/b/blobs/uploads/?digest-algorithm=md5")).ShouldBeRefused(400, "DIGEST_INVALID");

    [Fact]
    public async Task EmptyBlob_IsABlob()
    {
        var digest = await Http.PushBlob("a/b", []);
        var response = await Http.GetAsync($"/v2/a/b/blobs/{digest}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        response.Content.Headers.ContentLength.ShouldBe(0);
    }

    [Fact]
    public async Task LargerThanTheServersUsualLimit_IsTaken()
    {
        var content = Client.Random(40 << 20);
        var digest = await Http.PushBlob("a/b", content);
        Client.Sha256(await Http.GetByteArrayAsync($"/v2/a/b/blobs/{digest}")).ShouldBe(digest);
    }

    [Fact]
    public async Task Cancel_UploadIsGone()
    {
        var location = await Http.StartUpload("a/b");
        await Http.Send("PATCH", location, Content);
        (await Http.Send("DELETE", location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        await (await Http.Send("GET", location)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        await (await Http.Send("PATCH", location, Content)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        await (await Http.Send("DELETE", location)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        _host.Files.ShouldBeEmpty();
    }

    [Fact]
    public async Task Upload_OfAnotherRepository_IsUnknown()
    {
        var location = await Http.StartUpload("a/b");
        var elsewhere = location.Replace("/v2/a/b/", "/v2/c/d/");
        await (await Http.Send("GET", elsewhere)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        await (await Http.Send("PATCH", elsewhere, Content)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        (await Http.Send("GET", location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Upload_NeverBegun_IsUnknown() =>
        await (await Http.Send("PATCH", $"/v2/a/b/blobs/uploads/{Guid.NewGuid()}", Content)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");

    [Fact]
    public async Task Mount_SourceHasIt_IsCreatedWithoutUpload()
    {
        await Http.PushBlob("a/b", Content);
        var mounted = await Http.Send("POST", $"/v2/c/d/blobs/uploads/?mount={Digest}&from=a/b");
        mounted.StatusCode.ShouldBe(HttpStatusCode.Created);
        mounted.Headers.Location!.OriginalString.ShouldBe($"/v2/c/d/blobs/{Digest}");
        mounted.Header("Docker-Content-Digest").ShouldBe(Digest);
        (await Http.GetByteArrayAsync($"/v2/c/d/blobs/{Digest}")).ShouldBe(Content);
    }

    [Theory]
    [InlineData("&from=c/d")]
    [InlineData("")]
    public async Task Mount_SourceHasNotOrIsNotNamed_BeginsAnUpload(string from)
    {
        await Http.PushBlob("a/b", Content);
        var started = await Http.Send("POST", $"/v2/e/f/blobs/uploads/?mount={Digest}{from}");
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await Http.Send("PUT", $"{started.Headers.Location!.OriginalString}?digest={Digest}", Content)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Mount_Malformed_Is400()
    {
        await (await Http.Send("POST", "/v2/a/b/blobs/uploads/?mount=sha256:1&from=c/d")).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.Send("POST", $"/v2/a/b/blobs/uploads/?mount={Digest}&from=../c")).ShouldBeRefused(400, "NAME_INVALID");
    }

    [Fact]
    public async Task Name_TooLongOrMalformed_Is400()
    {
        await (await Http.Send("POST", $"/v2/{new string('a', 256)}/blobs/uploads/")).ShouldBeRefused(400, "NAME_INVALID");
        await (await Http.Send("POST", "/v2/Upper/blobs/uploads/")).ShouldBeRefused(400, "NAME_INVALID");
    }

    [Fact]
    public async Task Method_Unsupported_Is405WithTheOthers()
    {
        var refused = await Http.Send("PUT", $"/v2/a/b/blobs/{Digest}", Content);
        refused.Header("Allow").ShouldBe("GET, HEAD, DELETE");
        await refused.ShouldBeRefused(405, "UNSUPPORTED");
    }
}
