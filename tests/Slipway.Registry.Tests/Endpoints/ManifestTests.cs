using System.Net;
using System.Text;
using System.Text.Json;

namespace Slipway.Registry.Tests.Endpoints;

/// <summary>Specification 1.1: "Pulling manifests", "Pushing Manifests", "Deleting tags", "Deleting Manifests".</summary>
public sealed class ManifestTests : IAsyncLifetime
{
    RegistryHost _host = null!;

    HttpClient Http => _host.Client;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Put_ByTag_IsServedByteForByteUnderTagAndDigest()
    {
        var manifest = await Http.ImageManifest("a/b");
        var digest = Client.Sha256(Encoding.UTF8.GetBytes(manifest));

        var created = await Http.PutManifest("a/b", "v1", manifest);

        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Headers.Location!.OriginalString.ShouldBe($"/v2/a/b/manifests/{digest}");
        created.Header("Docker-Content-Digest").ShouldBe(digest);
        created.Header("OCI-Subject").ShouldBeNull();
        foreach (var reference in new[] { "v1", digest })
        {
            var got = await Http.GetAsync($"/v2/a/b/manifests/{reference}");
            got.StatusCode.ShouldBe(HttpStatusCode.OK);
            got.Header("Content-Type").ShouldBe(Client.OciImage);
            got.Header("Docker-Content-Digest").ShouldBe(digest);
            got.Header("ETag").ShouldBe($"\"{digest}\"");
            (await got.Text()).ShouldBe(manifest);
            var head = await Http.Send("HEAD", $"/v2/a/b/manifests/{reference}");
            head.StatusCode.ShouldBe(HttpStatusCode.OK);
            head.Content.Headers.ContentLength.ShouldBe(Encoding.UTF8.GetByteCount(manifest));
            (await Http.Send("GET", $"/v2/a/b/manifests/{reference}", null, ("If-None-Match", $"\"{digest}\""))).StatusCode.ShouldBe(HttpStatusCode.NotModified);
        }
    }

    [Theory]
    [InlineData("application/vnd.docker.distribution.manifest.v2+json")]
    [InlineData("application/vnd.oci.image.manifest.v1+json; charset=utf-8")]
    public async Task Put_MediaType_IsKeptWithoutItsParameters(string contentType)
    {
        var mediaType = contentType.Split(';')[0];
        var manifest = (await Http.ImageManifest("a/b")).Replace(Client.OciImage, mediaType);
        (await Http.PutManifest("a/b", "v1", manifest, contentType)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Http.GetAsync("/v2/a/b/manifests/v1")).Header("Content-Type").ShouldBe(mediaType);
    }

    [Fact]
    public async Task Put_TagAgain_MovesIt_AlsoForWhoReadItBefore()
    {
        var first = await Http.PushImage("a/b", "v1", seed: 1);
        (await Http.GetAsync("/v2/a/b/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(first);
        var second = await Http.PushImage("a/b", "v1", seed: 2);
        (await Http.GetAsync("/v2/a/b/manifests/v1")).Header("Docker-Content-Digest").ShouldBe(second);
        (await Http.GetAsync($"/v2/a/b/manifests/{first}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Put_BlobsMissing_NamesEach_AndStoresNothing()
    {
        var config = await Http.PushBlob("a/b", [1]);
        var (here, elsewhere, nowhere) = (await Http.PushBlob("a/b", [2]), await Http.PushBlob("c/d", [3]), Client.Sha256([4]));

        var refused = await Http.PutManifest("a/b", "v1", Client.Image(config, [here, elsewhere, nowhere]));

        await refused.ShouldBeRefused(400, "MANIFEST_BLOB_UNKNOWN");
        using var json = JsonDocument.Parse(await refused.Text());
        json.RootElement.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("detail").GetProperty("digest").GetString()).ShouldBe([elsewhere, nowhere]);
        await (await Http.GetAsync("/v2/a/b/manifests/v1")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
    }

    [Fact]
    public async Task Put_LayerToBeHadElsewhere_NeedNotBeThere()
    {
        var config = await Http.PushBlob("a/b", [1]);
        var manifest = $$"""
            {"schemaVersion":2,"config":{"mediaType":"x","digest":"{{config}}","size":1},
            "layers":[{"mediaType":"y","digest":"{{Client.Sha256([9])}}","size":1,"urls":["https://example.test/layer"]}]}
            """;
        (await Http.PutManifest("a/b", "v1", manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
    }

    [Fact]
    public async Task Put_Index_NeedsItsManifests()
    {
        var child = await Http.PushImage("a/b", "child");
        var size = (await Http.GetByteArrayAsync("/v2/a/b/manifests/child")).Length;
        string Index(string digest) => $$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[{"mediaType":"{{Client.OciImage}}","digest":"{{digest}}","size":{{size}}}]}""";

        (await Http.PutManifest("a/b", "all", Index(child), Client.OciIndex)).StatusCode.ShouldBe(HttpStatusCode.Created);
        await (await Http.PutManifest("a/b", "none", Index(Client.Sha256([9])), Client.OciIndex)).ShouldBeRefused(400, "MANIFEST_BLOB_UNKNOWN");
        (await Http.GetAsync("/v2/a/b/manifests/all")).Header("Content-Type").ShouldBe(Client.OciIndex);
    }

    [Fact]
    public async Task Put_BySha512_IsServedUnderIt()
    {
        var manifest = await Http.ImageManifest("a/b");
        var digest = Client.Sha512(Encoding.UTF8.GetBytes(manifest));
        var created = await Http.PutManifest("a/b", digest, manifest);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Header("Docker-Content-Digest").ShouldBe(digest);
        (await (await Http.GetAsync($"/v2/a/b/manifests/{digest}")).Text()).ShouldBe(manifest);
    }

    [Fact]
    public async Task Put_ByDigestWithTags_MakesThemAll()
    {
        var manifest = await Http.ImageManifest("a/b");
        var digest = Client.Sha256(Encoding.UTF8.GetBytes(manifest));
        var created = await Http.PutManifest("a/b", digest + "?tag=1.2.3&tag=1.2&tag=1", manifest);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Header("OCI-Tag").ShouldBe("1.2.3, 1.2, 1");
        foreach (var tag in new[] { "1.2.3", "1.2", "1" })
            (await Http.GetAsync($"/v2/a/b/manifests/{tag}")).Header("Docker-Content-Digest").ShouldBe(digest);
        await (await Http.PutManifest("a/b", digest + "?tag=..", manifest)).ShouldBeRefused(400, "MANIFEST_INVALID");
        await (await Http.PutManifest("a/b", digest + "?" + string.Join('&', Enumerable.Range(0, 101).Select(i => $"tag={i}")), manifest)).ShouldBeRefused(414, "UNSUPPORTED");
    }

    [Fact]
    public async Task Put_WrongDigest_Is400()
    {
        var manifest = await Http.ImageManifest("a/b");
        await (await Http.PutManifest("a/b", Client.Sha256([1]), manifest)).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.PutManifest("a/b", "sha256:baddigeststring", manifest)).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.PutManifest("a/b", ".bad", manifest)).ShouldBeRefused(400, "MANIFEST_INVALID");
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("""{"schemaVersion":1}""")]
    [InlineData("""{"schemaVersion":2}""")]
    [InlineData("""{"schemaVersion":2,"schemaVersion":2,"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"layers":[],"manifests":[]}""")]
    [InlineData("""{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":{"digest":"sha256:../../x","size":1},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":{"size":1},"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":null,"layers":[]}""")]
    [InlineData("""{"schemaVersion":2,"config":"x","layers":[]}""")]
    public async Task Put_Malformed_Is400(string manifest) =>
        await (await Http.PutManifest("a/b", "v1", manifest)).ShouldBeRefused(400, "MANIFEST_INVALID");

    [Fact]
    public async Task Put_NullLayer_Is400() => await (await Http.PutManifest(
        "a/b", "v1", $$"""{"schemaVersion":2,"config":{"digest":"{{Client.Sha256([1])}}","size":1},"layers":[null]}""")).ShouldBeRefused(400, "MANIFEST_INVALID");

    [Fact]
    public async Task Put_DeeplyNested_Is400() => await (await Http.PutManifest(
        "a/b", "v1", """{"schemaVersion":2,"x":""" + new string('[', 100_000) + new string(']', 100_000) + "}")).ShouldBeRefused(400, "MANIFEST_INVALID");

    [Fact]
    public async Task Put_UnknownMediaType_Is400() =>
        await (await Http.PutManifest("a/b", "v1", """{"schemaVersion":2}""", "application/vnd.docker.distribution.manifest.v1+prettyjws")).ShouldBeRefused(400, "MANIFEST_INVALID");

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Put_LargerThan4MiB_Is413(bool chunked)
    {
        var content = new ByteArrayContent(new byte[(4 << 20) + 1]);
        content.Headers.TryAddWithoutValidation("Content-Type", Client.OciImage);
        var request = new HttpRequestMessage(HttpMethod.Put, "/v2/a/b/manifests/v1") { Content = content };
        request.Headers.TransferEncodingChunked = chunked;
        await (await Http.SendAsync(request)).ShouldBeRefused(413, "SIZE_INVALID");
    }

    [Fact]
    public async Task Put_Exactly4MiB_IsTaken()
    {
        var manifest = await Http.ImageManifest("a/b");
        manifest += new string(' ', (4 << 20) - Encoding.UTF8.GetByteCount(manifest));
        (await Http.PutManifest("a/b", "v1", manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Http.GetStringAsync("/v2/a/b/manifests/v1")).ShouldBe(manifest);
    }

    [Fact]
    public async Task Get_Unknown_Is404()
    {
        await (await Http.GetAsync("/v2/a/b/manifests/none")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        await (await Http.GetAsync("/v2/a/b/manifests/.INVALID_MANIFEST_NAME")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        await (await Http.GetAsync("/v2/a/b/manifests/sha256:abc")).ShouldBeRefused(400, "DIGEST_INVALID");
    }

    [Fact]
    public async Task Delete_Tag_LeavesTheManifest()
    {
        var digest = await Http.PushImage("a/b", "v1");
        await Http.GetAsync("/v2/a/b/manifests/v1");
        (await Http.Send("DELETE", "/v2/a/b/manifests/v1")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
        await (await Http.GetAsync("/v2/a/b/manifests/v1")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        await (await Http.Send("DELETE", "/v2/a/b/manifests/v1")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        (await Http.GetAsync($"/v2/a/b/manifests/{digest}")).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Delete_Manifest_TakesItsTags()
    {
        var digest = await Http.PushImage("a/b", "v1");
        await Http.PushImage("a/b", "v2");
        await Http.PushImage("a/b", "other", seed: 2);
        foreach (var reference in new[] { "v1", "v2", digest }) await Http.GetAsync($"/v2/a/b/manifests/{reference}");

        (await Http.Send("DELETE", $"/v2/a/b/manifests/{digest}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);

        foreach (var reference in new[] { "v1", "v2", digest })
            await (await Http.GetAsync($"/v2/a/b/manifests/{reference}")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
        (await Http.GetAsync("/v2/a/b/manifests/other")).StatusCode.ShouldBe(HttpStatusCode.OK);
        await (await Http.Send("DELETE", $"/v2/no/where/manifests/{digest}")).ShouldBeRefused(404, "MANIFEST_UNKNOWN");
    }
}
