using System.Net;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Specification, "Content Management": "Deleting tags", "Deleting Manifests" (end-9), "Deleting Blobs" (end-10). What is deleted is gone at once.</summary>
public sealed class ContentManagementTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    HttpClient Http => host.Http;

    /// <summary>202; then the tag is 404, and the manifest and its other tags stay.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Tag_IsDeleted(string algorithm)
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository, algorithm, tags: ["v1", "v2"]);
        await Http.GetAsync($"/v2/{repository}/manifests/v1");
        (await Http.Send("DELETE", $"/v2/{repository}/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await Http.Send("HEAD", $"/v2/{repository}/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Http.GetByteArrayAsync($"/v2/{repository}/manifests/v2")).ShouldBe(image.Bytes);
        (await Http.GetByteArrayAsync($"/v2/{repository}/manifests/{image.Digest}")).ShouldBe(image.Bytes);
        await (await Http.Send("DELETE", $"/v2/{repository}/manifests/v1")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
    }

    /// <summary>202; then the digest "and any tag pointing to that digest" are 404.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Manifest_IsDeletedWithItsTags(string algorithm)
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository, algorithm, tags: ["v1", "v2"]);
        string[] references = [image.Digest, "v1", "v2"];
        foreach (var reference in references) (await Http.Send("HEAD", $"/v2/{repository}/manifests/{reference}")).StatusCode.ShouldBe(HttpStatusCode.OK);
        (await Http.Send("DELETE", $"/v2/{repository}/manifests/{image.Digest}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        foreach (var reference in references) (await Http.Send("HEAD", $"/v2/{repository}/manifests/{reference}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await (await Http.Send("DELETE", $"/v2/{repository}/manifests/{image.Digest}")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        await (await Http.Send("DELETE", $"/v2/no/where/manifests/{image.Digest}")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
    }

    /// <summary>A referrer that is deleted is no longer listed; its subject stays.</summary>
    [Fact]
    public async Task Referrer_IsDeleted()
    {
        var repository = host.NewRepository();
        var subject = await Http.PushImageOf(repository);
        var referrer = await Http.PushImageOf(repository, more: $$""","subject":{{subject.Descriptor()}}""");
        (await Http.GetStringAsync($"/v2/{repository}/referrers/{subject.Digest}")).ShouldContain(referrer.Digest);
        (await Http.Send("DELETE", $"/v2/{repository}/manifests/{referrer.Digest}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await Http.GetStringAsync($"/v2/{repository}/referrers/{subject.Digest}")).ShouldNotContain(referrer.Digest);
        (await Http.Send("HEAD", $"/v2/{repository}/manifests/{subject.Digest}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    /// <summary>202; then 404 in this repository, while others keep it.</summary>
    [Theory]
    [InlineData("sha256", 512)]
    [InlineData("sha512", 512)]
    [InlineData("sha256", 0)]
    public async Task Blob_IsDeleted(string algorithm, int size)
    {
        var (repository, other) = (host.NewRepository(), host.NewRepository());
        var blob = await Http.Push(repository, Content.Random(algorithm, size));
        await Http.Push(other, blob);
        (await Http.Send("DELETE", $"/v2/{repository}/blobs/{blob.Digest}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        (await Http.Send("HEAD", $"/v2/{repository}/blobs/{blob.Digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        await (await Http.Send("DELETE", $"/v2/{repository}/blobs/{blob.Digest}")).ShouldBeRefused(404, "BLOB_UNKNOWN");
        await Http.ShouldServe(other, blob);
        await Http.Push(repository, blob);
    }
}
