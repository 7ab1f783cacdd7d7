using System.Globalization;
using System.Net;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Specification, "Push": "Pushing a blob in chunks", "Cancel a blob upload"; and the streamed PATCH that docker, skopeo and crane send.</summary>
public sealed class PushChunkedTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    const int Size = 3000, Chunk = 1024;

    HttpClient Http => host.Http;

    /// <summary>Each chunk is 202 with Location and Range; the closing PUT, with or without the last chunk, is 201.</summary>
    [Theory]
    [InlineData("sha256", false)]
    [InlineData("sha256", true)]
    [InlineData("sha512", false)]
    [InlineData("sha512", true)]
    public async Task Chunks_AreTaken(string algorithm, bool lastInPut)
    {
        var repository = host.NewRepository();
        var blob = Content.Random(algorithm, Size);
        await Http.ShouldBeCreated(await PushInChunks(repository, blob, lastInPut, outOfOrder: false), repository, blob);
    }

    /// <summary>A chunk out of order MUST be 416, in PATCH and in PUT; afterwards GET is 204 with Range and Location, and the upload goes on.</summary>
    [Theory]
    [InlineData("sha256", false)]
    [InlineData("sha256", true)]
    [InlineData("sha512", false)]
    [InlineData("sha512", true)]
    public async Task ChunksOutOfOrder_AreRefused_AndTheUploadGoesOn(string algorithm, bool lastInPut)
    {
        var repository = host.NewRepository();
        var blob = Content.Random(algorithm, Size);
        await Http.ShouldBeCreated(await PushInChunks(repository, blob, lastInPut, outOfOrder: true), repository, blob);
    }

    [Fact]
    public async Task SingleChunk_IsTaken_AndNoLeastSizeIsAskedFor()
    {
        var repository = host.NewRepository();
        var blob = Content.Random(size: 1);
        var started = await Http.Send("POST", $"/v2/{repository}/blobs/uploads/");
        started.Header("OCI-Chunk-Min-Length").ShouldBeNull();
        var location = started.Headers.Location!.OriginalString;
        var accepted = await Http.Send("PATCH", location, blob.Bytes, ("Content-Range", "0-0"));
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await Http.ShouldBeCreated(await Http.Send("PUT", $"{accepted.Headers.Location!.OriginalString}?digest={blob.Digest}"), repository, blob);
    }

    /// <summary>Not in the specification, but what docker, podman and crane do: one PATCH without Content-Range and without a length.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Stream_IsTaken(string algorithm)
    {
        var repository = host.NewRepository();
        var blob = Content.Random(algorithm, 300_000);
        var patch = new HttpRequestMessage(HttpMethod.Patch, await Http.StartUpload(repository)) { Content = new StreamContent(new MemoryStream(blob.Bytes)) };
        patch.Headers.TransferEncodingChunked = true;
        var accepted = await Http.SendAsync(patch);
        accepted.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        accepted.Header("Range").ShouldBe($"0-{blob.Bytes.Length - 1}");
        await Http.ShouldBeCreated(await Http.Send("PUT", $"{accepted.Headers.Location!.OriginalString}?digest={blob.Digest}"), repository, blob);
    }

    /// <summary>"the post request SHOULD include the digest-algorithm parameter"; an unsupported one is 400.</summary>
    [Fact]
    public async Task DigestAlgorithm_IsTakenOrRefused()
    {
        var repository = host.NewRepository();
        await Http.Push(repository, Content.Random("sha512"));
        await (await Http.Send("POST", $"/v2/{repository}/blobs/uploads/?digest-algorithm=md5")).ShouldBeRefused(400, "DIGEST_INVALID");
    }

    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task WrongDigest_Is400(string algorithm)
    {
        var repository = host.NewRepository();
        var (claimed, sent) = (Content.Random(algorithm, Size), Content.Random(algorithm, Size));
        foreach (var lastInPut in new[] { false, true })
            await (await PushInChunks(repository, sent with { Digest = claimed.Digest }, lastInPut, outOfOrder: false)).ShouldBeRefused(400, "DIGEST_INVALID");
        (await Http.Send("HEAD", $"/v2/{repository}/blobs/{sent.Digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    /// <summary>"Cancel a blob upload" (end-14): 204, and the session is gone.</summary>
    [Fact]
    public async Task Cancel_Is204_AndTheSessionIsGone()
    {
        var repository = host.NewRepository();
        var location = await Http.StartUpload(repository);
        await Http.Send("PATCH", location, Content.Random().Bytes);
        (await Http.Send("DELETE", location)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
        foreach (var method in new[] { "GET", "PATCH", "DELETE" })
            await (await Http.Send(method, location)).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
        await (await Http.Send("PUT", $"{location}?digest={Content.Random().Digest}")).ShouldBeRefused(404, "BLOB_UPLOAD_UNKNOWN");
    }

    async Task<HttpResponseMessage> PushInChunks(string repository, Content blob, bool lastInPut, bool outOfOrder)
    {
        var location = await Http.StartUpload(repository, $"?digest-algorithm={blob.Algorithm}");
        for (var first = 0; first < blob.Bytes.Length; first += Chunk)
        {
            if (outOfOrder) location = await SendOutOfOrder(location, blob, first, lastInPut);
            var last = Math.Min(first + Chunk, blob.Bytes.Length) - 1;
            var ends = last == blob.Bytes.Length - 1;
            var response = await SendChunk(lastInPut && ends ? "PUT" : "PATCH", location, blob, first, last);
            if (lastInPut && ends) return response;
            response.StatusCode.ShouldBe(HttpStatusCode.Accepted);
            response.Header("Range").ShouldBe($"0-{last}");
            location = response.Headers.Location!.OriginalString;
        }
        return await Http.Send("PUT", $"{location}?digest={blob.Digest}", []);
    }

    /// <summary>Skips ahead, or where nothing is left, back to the start; and recovers by the status.</summary>
    async Task<string> SendOutOfOrder(string location, Content blob, int offset, bool lastInPut)
    {
        var first = offset + Chunk < blob.Bytes.Length ? offset + Chunk : 0;
        var last = Math.Min(first + Chunk, blob.Bytes.Length) - 1;
        var refused = await SendChunk(lastInPut && last == blob.Bytes.Length - 1 ? "PUT" : "PATCH", location, blob, first, last);
        await refused.ShouldBeRefused(416, "BLOB_UPLOAD_INVALID");
        var status = await Http.Send("GET", location);
        status.StatusCode.ShouldBe(HttpStatusCode.NoContent);
        status.Header("Range").ShouldBe($"0-{Math.Max(0, offset - 1).ToString(CultureInfo.InvariantCulture)}");
        return status.Headers.Location!.OriginalString;
    }

    Task<HttpResponseMessage> SendChunk(string method, string location, Content blob, int first, int last) => Http.Send(
        method, method == "PUT" ? $"{location}?digest={blob.Digest}" : location, blob.Bytes[first..(last + 1)],
        ("Content-Type", "application/octet-stream"), ("Content-Range", $"{first}-{last}"));
}
