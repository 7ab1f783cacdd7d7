using System.Net;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Specification, "Push": "Pushing a blob monolithically" (POST then PUT; single POST).</summary>
public sealed class PushMonolithicTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    HttpClient Http => host.Http;

    /// <summary>"POST then PUT": 202 with a Location that holds a UUID; then 201 with the blob's Location.</summary>
    [Theory]
    [InlineData("sha256", 512)]
    [InlineData("sha512", 512)]
    [InlineData("sha256", 0)]
    [InlineData("sha512", 0)]
    [InlineData("sha256", 300_000)]
    public async Task PostThenPut_IsCreated(string algorithm, int size)
    {
        var repository = host.NewRepository();
        var blob = Content.Random(algorithm, size);
        var started = await Http.Send("POST", $"/v2/{repository}/blobs/uploads/");
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var location = started.Headers.Location!.OriginalString;
        Guid.TryParse(location.Split('/')[^1], out _).ShouldBeTrue(location);

        var created = await Http.Send("PUT", $"{location}?digest={blob.Digest}", blob.Bytes, ("Content-Type", "application/octet-stream"));

        await Http.ShouldBeCreated(created, repository, blob);
    }

    /// <summary>"Single POST": 201 at once.</summary>
    [Theory]
    [InlineData("sha256", 512)]
    [InlineData("sha512", 512)]
    [InlineData("sha256", 0)]
    public async Task SinglePost_IsCreated(string algorithm, int size)
    {
        var repository = host.NewRepository();
        var blob = Content.Random(algorithm, size);
        var created = await Http.Send("POST", $"/v2/{repository}/blobs/uploads/?digest={blob.Digest}", blob.Bytes, ("Content-Type", "application/octet-stream"));
        await Http.ShouldBeCreated(created, repository, blob);
    }

    /// <summary>"Layer Upload De-duplication": what is there already may be pushed again, also from several sides at once.</summary>
    [Fact]
    public async Task SameBlob_FromManySides_IsCreatedForEach()
    {
        var repository = host.NewRepository();
        var blob = Content.Random(size: 100_000);
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Http.Push(repository, blob)));
    }

    /// <summary>"Pushing blobs": a digest that is invalid, unsupported, or not the content's SHOULD be 400.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task WrongDigest_Is400_AndNothingIsThere(string algorithm)
    {
        var repository = host.NewRepository();
        var (claimed, sent) = (Content.Random(algorithm), Content.Random(algorithm));
        await (await Http.Send("POST", $"/v2/{repository}/blobs/uploads/?digest={claimed.Digest}", sent.Bytes)).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.Send("PUT", $"{await Http.StartUpload(repository)}?digest={claimed.Digest}", sent.Bytes)).ShouldBeRefused(400, "DIGEST_INVALID");
        foreach (var digest in new[] { claimed.Digest, sent.Digest })
            (await Http.Send("HEAD", $"/v2/{repository}/blobs/{digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Theory]
    [InlineData("sha256:abc")]
    [InlineData("md5:d41d8cd98f00b204e9800998ecf8427e")]
    [InlineData("blake3:af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262")]
    [InlineData("none")]
    [InlineData("")]
    public async Task InvalidOrUnsupportedDigest_Is400(string digest)
    {
        var repository = host.NewRepository();
        await (await Http.Send("POST", $"/v2/{repository}/blobs/uploads/?digest={digest}", [1])).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.Send("PUT", $"{await Http.StartUpload(repository)}?digest={digest}", [1])).ShouldBeRefused(400, "DIGEST_INVALID");
    }
}
