using System.Net;
using System.Text;
using System.Text.Json;

namespace Slipway.Registry.Tests.Endpoints;

/// <summary>Specification 1.1: "Listing Tags", "Listing Referrers"; and the catalog.</summary>
public sealed class ListTests : IAsyncLifetime
{
    RegistryHost _host = null!;

    HttpClient Http => _host.Client;

    public async ValueTask InitializeAsync() => _host = await RegistryHost.Start();

    public ValueTask DisposeAsync() => _host.DisposeAsync();

    [Fact]
    public async Task Tags_AreInTheOrderOfTheirBytes()
    {
        var manifest = await Http.ImageManifest("a/b");
        foreach (var tag in new[] { "b", "a10", "a2", "B", "_" }) await Http.PutManifest("a/b", tag, manifest);
        (await Http.GetStringAsync("/v2/a/b/tags/list")).ShouldBe("""{"name":"a/b","tags":["B","_","a10","a2","b"]}""");
    }

    [Fact]
    public async Task Tags_InPages_FollowTheLink()
    {
        var manifest = await Http.ImageManifest("a/b");
        for (var i = 0; i < 5; i++) await Http.PutManifest("a/b", $"v{i}", manifest);
        (await Follow("/v2/a/b/tags/list?n=2", "tags")).ShouldBe([["v0", "v1"], ["v2", "v3"], ["v4"]]);
        (await Follow("/v2/a/b/tags/list?n=5", "tags")).ShouldBe([["v0", "v1", "v2", "v3", "v4"]]);
        (await Follow("/v2/a/b/tags/list?last=v2", "tags")).ShouldBe([["v3", "v4"]]);
        (await Follow("/v2/a/b/tags/list?n=1&last=v3x", "tags")).ShouldBe([["v4"]]);
        (await Follow("/v2/a/b/tags/list?n=0", "tags")).ShouldBe([[]]);
    }

    [Fact]
    public async Task Tags_UnknownRepository_Is404_AndAKnownOneWithoutTagsIsEmpty()
    {
        await (await Http.GetAsync("/v2/no/where/tags/list")).ShouldBeRefused(404, "NAME_UNKNOWN");
        await Http.PushImage("a/b", "v1");
        await Http.Send("DELETE", "/v2/a/b/manifests/v1");
        (await Http.GetStringAsync("/v2/a/b/tags/list")).ShouldBe("""{"name":"a/b","tags":[]}""");
    }

    [Theory]
    [InlineData("-1")]
    [InlineData("x")]
    [InlineData("")]
    [InlineData("1.5")]
    [InlineData("99999999999999999999")]
    public async Task PageSize_Malformed_Is400(string n) => await (await Http.GetAsync($"/v2/_catalog?n={n}")).ShouldBeRefused(400, "UNSUPPORTED");

    [Fact]
    public async Task Catalog_InPages_HasWhatHasImages()
    {
        foreach (var name in new[] { "c", "a/b", "a" }) await Http.PushImage(name, "v1");
        await Http.StartUpload("never/finished");
        (await Follow("/v2/_catalog?n=2", "repositories")).ShouldBe([["a", "a/b"], ["c"]]);
    }

    [Fact]
    public async Task Referrers_OfASubject_WhetherItIsThereOrNot()
    {
        var subject = Client.Sha256([42]);
        var more = $$""","subject":{"mediaType":"{{Client.OciImage}}","digest":"{{subject}}","size":1},"artifactType":"application/sbom","annotations":{"a":"b"}""";
        var manifest = await Http.ImageManifest("a/b", more: more);

        var created = await Http.PutManifest("a/b", "sbom", manifest);

        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Header("OCI-Subject").ShouldBe(subject);
        var listed = await Http.GetAsync($"/v2/a/b/referrers/{subject}");
        listed.StatusCode.ShouldBe(HttpStatusCode.OK);
        listed.Header("Content-Type").ShouldBe(Client.OciIndex);
        listed.Header("OCI-Filters-Applied").ShouldBeNull();
        var bytes = Encoding.UTF8.GetBytes(manifest);
        (await listed.Text()).ShouldBe(
            $$$"""{"schemaVersion":2,"mediaType":"{{{Client.OciIndex}}}","manifests":[{"mediaType":"{{{Client.OciImage}}}","size":{{{bytes.Length}}},"digest":"{{{Client.Sha256(bytes)}}}","artifactType":"application/sbom","annotations":{"a":"b"}}]}""");

        await Http.Send("DELETE", $"/v2/a/b/manifests/{Client.Sha256(bytes)}");
        (await Digests($"/v2/a/b/referrers/{subject}")).ShouldBeEmpty();
    }

    [Fact]
    public async Task Referrers_ArtifactType_FallsBackToTheConfigsAndFilters()
    {
        var subject = Client.Sha256([42]);
        var reference = $$""","subject":{"digest":"{{subject}}","size":1}""";
        var plain = await Http.ImageManifest("a/b", 1, reference);
        var sbom = await Http.ImageManifest("a/b", 2, reference + ""","artifactType":"application/sbom+json" """);
        var index = $$"""{"schemaVersion":2,"manifests":[]{{reference}}}""";
        await Http.PutManifest("a/b", Client.Sha256(Encoding.UTF8.GetBytes(plain)), plain);
        await Http.PutManifest("a/b", Client.Sha256(Encoding.UTF8.GetBytes(sbom)), sbom);
        (await Http.PutManifest("a/b", "index", index, Client.OciIndex)).Header("OCI-Subject").ShouldBe(subject);

        var all = await Http.GetStringAsync($"/v2/a/b/referrers/{subject}");
        using var json = JsonDocument.Parse(all);
        json.RootElement.GetProperty("manifests").EnumerateArray().Select(entry => entry.TryGetProperty("artifactType", out var type) ? type.GetString() : null)
            .ShouldBe(["application/vnd.oci.image.config.v1+json", "application/sbom+json", null], ignoreOrder: true);

        var filtered = await Http.GetAsync($"/v2/a/b/referrers/{subject}?artifactType=application%2Fsbom%2Bjson");
        filtered.Header("OCI-Filters-Applied").ShouldBe("artifactType");
        (await Digests($"/v2/a/b/referrers/{subject}?artifactType=application%2Fsbom%2Bjson")).ShouldBe([Client.Sha256(Encoding.UTF8.GetBytes(sbom))]);
        (await Digests($"/v2/a/b/referrers/{subject}?n=2")).Count.ShouldBe(3);
    }

    [Fact]
    public async Task Referrers_Unknown_IsAnEmptyIndex_AndMalformedIs400()
    {
        (await Http.GetStringAsync($"/v2/no/where/referrers/{Client.Sha256([1])}")).ShouldBe($$"""{"schemaVersion":2,"mediaType":"{{Client.OciIndex}}","manifests":[]}""");
        await (await Http.GetAsync("/v2/a/b/referrers/sha256:x")).ShouldBeRefused(400, "DIGEST_INVALID");
    }

    /// <summary>The digests of all pages.</summary>
    async Task<List<string>> Digests(string path)
    {
        var found = new List<string>();
        await foreach (var page in Pages(path))
            found.AddRange(page.GetProperty("manifests").EnumerateArray().Select(entry => entry.GetProperty("digest").GetString()!));
        return found;
    }

    async Task<List<string[]>> Follow(string path, string list)
    {
        var found = new List<string[]>();
        await foreach (var page in Pages(path)) found.Add([.. page.GetProperty(list).EnumerateArray().Select(entry => entry.GetString()!)]);
        return found;
    }

    async IAsyncEnumerable<JsonElement> Pages(string? path)
    {
        while (path is not null)
        {
            var response = await Http.GetAsync(path);
            response.StatusCode.ShouldBe(HttpStatusCode.OK);
            using var json = JsonDocument.Parse(await response.Text());
            yield return json.RootElement.Clone();
            var link = response.Header("Link");
            if (link is not null) link.ShouldEndWith(">; rel=\"next\"");
            path = link?[1..link.IndexOf('>')];
        }
    }
}
