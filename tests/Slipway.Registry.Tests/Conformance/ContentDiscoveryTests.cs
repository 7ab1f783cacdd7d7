using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Specification, "Content Discovery": "Listing Tags" (end-8a, end-8b), "Listing Referrers" (end-12a, end-12b).</summary>
public sealed class ContentDiscoveryTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    const string Signature = "application/vnd.example.signature", Sbom = "application/vnd.example.sbom+json";

    HttpClient Http => host.Http;

    /// <summary>In ASCIIbetical order, under the repository's name.</summary>
    [Fact]
    public async Task Tags_AreListedInOrder()
    {
        var repository = host.NewRepository();
        await Http.PushImageOf(repository, tags: ["b", "a10", "A", "a2", "_", "1"]);
        var list = await Tags(repository);
        list["name"]!.GetValue<string>().ShouldBe(repository);
        Names(list).ShouldBe(["1", "A", "_", "a10", "a2", "b"]);
    }

    /// <summary>n and last, alone and together; Link leads on with rel="next"; n=0 is an empty list without a Link.</summary>
    [Fact]
    public async Task Tags_AreListedInPages()
    {
        var repository = host.NewRepository();
        await Http.PushImageOf(repository, tags: ["t1", "t2", "t3", "t4", "t5"]);
        Names(await Tags(repository, "?n=2")).ShouldBe(["t1", "t2"]);
        Names(await Tags(repository, "?n=2&last=t2")).ShouldBe(["t3", "t4"]);
        Names(await Tags(repository, "?last=t3")).ShouldBe(["t4", "t5"]);
        Names(await Tags(repository, "?last=t3x")).ShouldBe(["t4", "t5"]);
        Names(await Tags(repository, "?n=9&last=t5")).ShouldBeEmpty();
        var none = await Http.GetAsync($"/v2/{repository}/tags/list?n=0");
        none.Header("Link").ShouldBeNull();
        Names(JsonNode.Parse(await none.Text())!).ShouldBeEmpty();
        var all = new List<string>();
        for (var next = $"/v2/{repository}/tags/list?n=2"; next is not null;)
        {
            var page = await Http.GetAsync(next);
            all.AddRange(Names(JsonNode.Parse(await page.Text())!));
            var link = page.Header("Link");
            link?.ShouldEndWith("; rel=\"next\"");
            next = link?[1..link.IndexOf('>')];
        }
        all.ShouldBe(["t1", "t2", "t3", "t4", "t5"]);
    }

    [Fact]
    public async Task Tags_OfAnUnknownRepository_Are404() => await (await Http.GetAsync("/v2/no/where/tags/list")).ShouldBeRefused(404, "NAME_UNKNOWN");

    /// <summary>"MUST NOT return a 404": an empty index for a subject or a repository that is not there; 400 for a malformed digest.</summary>
    [Fact]
    public async Task Referrers_OfNothing_AreAnEmptyIndex()
    {
        var (index, _) = await Referrers("no/where", Content.Random().Digest);
        index.ShouldBeEmpty();
        await (await Http.GetAsync("/v2/no/where/referrers/sha256:baddigeststring")).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.GetAsync("/v2/no/where/referrers/latest")).ShouldBeRefused(400, "DIGEST_INVALID");
    }

    /// <summary>
    /// Each descriptor has media type, size, digest, annotations and artifactType: the manifest's own; else an image's config media type; else, of an
    /// index, none. The filter is applied and told.
    /// </summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task Referrers_AreListedAndFiltered(string algorithm)
    {
        var repository = host.NewRepository();
        var subject = await Http.PushImageOf(repository, algorithm);
        var ofSubject = $$""","subject":{{subject.Descriptor()}}""";
        var empty = await Http.Push(repository, Content.Of(algorithm, "{}"u8.ToArray(), Content.Empty));
        var signature = await Http.PushManifest(repository, Content.ImageOf(empty, [], $$"""{{ofSubject}},"artifactType":"{{Signature}}","annotations":{"org.example":"one"}""", algorithm));
        var sbom = await Http.PushManifest(repository, Content.ImageOf(empty, [], $$"""{{ofSubject}},"artifactType":"{{Sbom}}","annotations":{"org.example":"two"}""", algorithm));
        var image = await Http.PushImageOf(repository, algorithm, ofSubject);
        var index = await Http.PushManifest(repository, Content.IndexOf([image], ofSubject, algorithm));

        var (all, filters) = await Referrers(repository, subject.Digest);

        filters.ShouldBeNull();
        all.Select(entry => ((string?)entry["digest"], (string?)entry["mediaType"], (long)entry["size"]!, (string?)entry["artifactType"], (string?)entry["annotations"]?["org.example"]))
            .ShouldBe(
                [
                    (signature.Digest, Content.Image, signature.Bytes.Length, Signature, "one"), (sbom.Digest, Content.Image, sbom.Bytes.Length, Sbom, "two"),
                    (image.Digest, Content.Image, image.Bytes.Length, Content.Config, null), (index.Digest, Content.Index, index.Bytes.Length, null, null),
                ],
                ignoreOrder: true);
        foreach (var (type, expected) in new[] { (Signature, signature), (Sbom, sbom), (Content.Config, image) })
        {
            (all, filters) = await Referrers(repository, subject.Digest, "?artifactType=" + Uri.EscapeDataString(type));
            filters.ShouldBe("artifactType");
            all.Select(entry => (string?)entry["digest"]).ShouldBe([expected.Digest]);
        }
        (all, _) = await Referrers(repository, subject.Digest, "?artifactType=application/none");
        all.ShouldBeEmpty();
    }

    /// <summary>"A Link header MUST be included ... when the descriptor list cannot be returned in a single manifest": no page outgrows memory.</summary>
    [Fact]
    public async Task Referrers_WithLargeAnnotations_AreListedInPages()
    {
        var repository = host.NewRepository();
        var subject = Content.Random(mediaType: Content.Image);
        var empty = await Http.Push(repository, Content.Of("sha256", "{}"u8.ToArray(), Content.Empty));
        var pushed = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            var more = $$""","subject":{{subject.Descriptor()}},"annotations":{"i":"{{i}}","large":"{{new string('A', 2_500_000)}}"}""";
            pushed.Add((await Http.PushManifest(repository, Content.ImageOf(empty, [], more))).Digest);
        }
        var listed = new List<string>();
        var pages = 0;
        for (var next = $"/v2/{repository}/referrers/{subject.Digest}"; next is not null; pages++)
        {
            var page = await Http.GetAsync(next);
            listed.AddRange(JsonNode.Parse(await page.Text())!["manifests"]!.AsArray().Select(entry => (string)entry!["digest"]!));
            var link = page.Header("Link");
            next = link?[1..link.IndexOf('>')];
        }
        pages.ShouldBe(3);
        listed.ShouldBe(pushed, ignoreOrder: true);
    }

    /// <summary>"Error Codes": a JSON body has errors, each with a code of capitals and a message.</summary>
    [Theory]
    [InlineData("GET", "/v2/a/manifests/none", 404, "MANIFEST_UNKNOWN")]
    [InlineData("GET", "/v2/a/tags/list", 404, "NAME_UNKNOWN")]
    [InlineData("GET", "/v2/A/tags/list", 400, "NAME_INVALID")]
    [InlineData("GET", "/v2/a/blobs/sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", 404, "BLOB_UNKNOWN")]
    [InlineData("GET", "/v2/a/blobs/uploads/1b671a64-40d5-491e-99b0-da01ff1f3341", 404, "BLOB_UPLOAD_UNKNOWN")]
    [InlineData("GET", "/v2/a/blobs/sha256:abc", 400, "DIGEST_INVALID")]
    [InlineData("PUT", "/v2/a/manifests/v1", 400, "MANIFEST_INVALID")]
    [InlineData("POST", "/v2/a/manifests/v1", 405, "UNSUPPORTED")]
    [InlineData("GET", "/v2/a/nothing", 404, "UNSUPPORTED")]
    public async Task Refusals_HaveTheSpecificationsBody(string method, string path, int status, string code) => await (await Http.Send(method, path)).ShouldBeRefused(status, code);

    async Task<JsonNode> Tags(string repository, string query = "")
    {
        var response = await Http.GetAsync($"/v2/{repository}/tags/list{query}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK);
        return JsonNode.Parse(await response.Text())!;
    }

    async Task<(IReadOnlyList<JsonNode> Manifests, string? Filters)> Referrers(string repository, string subject, string query = "")
    {
        var response = await Http.GetAsync($"/v2/{repository}/referrers/{subject}{query}");
        response.StatusCode.ShouldBe(HttpStatusCode.OK, Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync()));
        response.Header("Content-Type").ShouldBe(Content.Index);
        var index = JsonNode.Parse(await response.Text())!;
        index["schemaVersion"]!.GetValue<int>().ShouldBe(2);
        index["mediaType"]!.GetValue<string>().ShouldBe(Content.Index);
        return ([.. index["manifests"]!.AsArray().Select(entry => entry!)], response.Header("OCI-Filters-Applied"));
    }

    static IReadOnlyList<string> Names(JsonNode list) => [.. list["tags"]!.AsArray().Select(tag => tag!.GetValue<string>())];
}
