using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Slipway.Registry.Tests.Conformance;

namespace Slipway.Registry.Tests.Clients;

/// <summary>
/// The requests of clients that Debian does not have, in their order and with their headers, as their published sources make them: oras and helm
/// (oras-go, registry/remote/repository.go; helm, pkg/registry/client.go), crane and cosign (go-containerregistry, pkg/v1/remote/write.go; cosign,
/// pkg/oci/remote/write.go), BuildKit's cache export. The real docker, podman, buildah, skopeo and containerd are in the scenarios.
/// </summary>
public sealed class ArtifactClientTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    const string ZeroDigest = "sha256:0000000000000000000000000000000000000000000000000000000000000000";

    HttpClient Http => host.Http;

    /// <summary>oras push, then oras attach: HEAD, POST, PUT for each blob; the manifest by digest, then by tag; a ping of the referrers API.</summary>
    [Fact]
    public async Task Oras_PushesAnArtifact_AndAttachesAnSbom()
    {
        var repository = host.NewRepository();
        var (config, file) = (Content.Of("sha256", "{}"u8.ToArray(), Content.Empty), Content.Random(mediaType: "application/vnd.example.file"));
        foreach (var blob in new[] { config, file }) await PushAsOras(repository, blob);
        var artifact = Content.ImageOf(config, [file], ""","artifactType":"application/vnd.example","annotations":{"org.opencontainers.image.created":"2026-11-26T00:00:00Z"}""");
        await ManifestAsOras(repository, artifact, "v1");

        var ping = await Http.GetAsync($"/v2/{repository}/referrers/{ZeroDigest}");
        ping.StatusCode.ShouldBe(HttpStatusCode.OK);
        ping.Header("Content-Type").ShouldBe(Content.Index);

        var sbom = Content.Random(mediaType: "application/spdx+json");
        await PushAsOras(repository, sbom);
        var attached = Content.ImageOf(config, [sbom], $$""","subject":{{artifact.Descriptor()}},"artifactType":"application/spdx+json" """);
        (await ManifestAsOras(repository, attached)).Header("OCI-Subject").ShouldBe(artifact.Digest);

        var discovered = JsonNode.Parse(await Http.GetStringAsync($"/v2/{repository}/referrers/{artifact.Digest}?artifactType={Uri.EscapeDataString("application/spdx+json")}"))!;
        discovered["manifests"]!.AsArray().Select(entry => (string)entry!["digest"]!).ShouldBe([attached.Digest]);
    }

    /// <summary>helm push: a chart's archive and its provenance under helm's media types; '+' of a version is '_' in the tag.</summary>
    [Fact]
    public async Task Helm_PushesAndPullsAChart()
    {
        var repository = host.NewRepository();
        var config = Content.Of("sha256", """{"name":"web","version":"1.0.0+build1"}"""u8.ToArray(), "application/vnd.cncf.helm.config.v1+json");
        var chart = Content.Random(mediaType: "application/vnd.cncf.helm.chart.content.v1.tar+gzip");
        var provenance = Content.Random(mediaType: "application/vnd.cncf.helm.chart.provenance.v1.prov");
        foreach (var blob in new[] { config, chart, provenance }) await PushAsOras(repository, blob);
        await ManifestAsOras(repository, Content.ImageOf(config, [chart, provenance], ""","annotations":{"org.opencontainers.image.title":"web"}"""), "1.0.0_build1");

        (await Http.GetStringAsync($"/v2/{repository}/tags/list")).ShouldContain("1.0.0_build1");
        var manifest = JsonNode.Parse(await Http.GetStringAsync($"/v2/{repository}/manifests/1.0.0_build1"))!;
        (await Http.GetByteArrayAsync($"/v2/{repository}/blobs/{manifest["layers"]![0]!["digest"]}")).ShouldBe(chart.Bytes);
    }

    /// <summary>crane push and copy: HEAD, POST with a JSON content type (or a mount), PATCH of the whole, PUT without a body, manifests by tag.</summary>
    [Fact]
    public async Task Crane_PushesAndCopies()
    {
        var (repository, copy) = (host.NewRepository(), host.NewRepository());
        var (config, layer) = (Content.Random(mediaType: Content.Config), Content.Random(size: 300_000));
        foreach (var blob in new[] { layer, config }) await PushAsCrane(repository, blob);
        var image = Content.ImageOf(config, [layer]);
        (await Http.Put(repository, "v1", image)).StatusCode.ShouldBe(HttpStatusCode.Created);

        foreach (var blob in new[] { layer, config }) await PushAsCrane(copy, blob, from: repository);
        (await Http.Put(copy, "v1", image)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Http.GetByteArrayAsync($"/v2/{copy}/manifests/v1")).ShouldBe(image.Bytes);
    }

    /// <summary>cosign sign: the signature under the tag sha256-DIGEST.sig, and, as of version 3, as a bundle that refers to the image.</summary>
    [Fact]
    public async Task Cosign_SignsByTagAndByReferrer()
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository, tags: ["v1"]);
        var payload = Content.Of("sha256", Encoding.UTF8.GetBytes($$"""{"critical":{"image":{"docker-manifest-digest":"{{image.Digest}}"} } }"""), "application/vnd.dev.cosign.simplesigning.v1+json");
        var config = Content.Random(mediaType: Content.Config);
        foreach (var blob in new[] { payload, config }) await PushAsCrane(repository, blob);
        var signature = Content.ImageOf(config.Descriptor(), [payload.Descriptor(""","annotations":{"dev.cosignproject.cosign/signature":"MEUCIQ=="}""")]);
        var tag = image.Digest.Replace(':', '-') + ".sig";
        (await Http.GetAsync($"/v2/{repository}/manifests/{tag}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await Http.Put(repository, tag, signature)).StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Http.GetByteArrayAsync($"/v2/{repository}/manifests/{tag}")).ShouldBe(signature.Bytes);

        const string Bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";
        var (empty, bundle) = (Content.Of("sha256", "{}"u8.ToArray(), Content.Empty), Content.Random(mediaType: Bundle));
        foreach (var blob in new[] { empty, bundle }) await PushAsCrane(repository, blob);
        var referrer = Content.ImageOf(empty, [bundle], $$""","artifactType":"{{Bundle}}","subject":{{image.Descriptor()}}""");
        (await Http.Put(repository, referrer.Digest, referrer)).Header("OCI-Subject").ShouldBe(image.Digest);
        (await Http.GetStringAsync($"/v2/{repository}/referrers/{image.Digest}?artifactType={Uri.EscapeDataString(Bundle)}")).ShouldContain(referrer.Digest);
    }

    /// <summary>BuildKit's cache export: an index whose entries are layers, and beside them the cache's config; read back by the tag.</summary>
    [Theory]
    [InlineData(Content.Index)]
    [InlineData("application/vnd.docker.distribution.manifest.list.v2+json")]
    public async Task BuildKit_ExportsItsCache_AsAnIndexOfBlobs(string mediaType)
    {
        var repository = host.NewRepository();
        Content[] entries = [Content.Random(), Content.Random(), Content.Random(mediaType: "application/vnd.buildkit.cacheconfig.v0")];
        foreach (var blob in entries) await PushAsOras(repository, blob);
        var cache = Content.IndexOf(entries);
        cache = Content.Of("sha256", Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(cache.Bytes).Replace(Content.Index, mediaType)), mediaType);
        (await Http.Put(repository, "buildcache", cache)).StatusCode.ShouldBe(HttpStatusCode.Created);
        var got = await Http.GetAsync($"/v2/{repository}/manifests/buildcache");
        got.Header("Content-Type").ShouldBe(mediaType);
        (await got.Content.ReadAsByteArrayAsync()).ShouldBe(cache.Bytes);
    }

    async Task PushAsOras(string repository, Content blob)
    {
        if ((await Http.Send("HEAD", $"/v2/{repository}/blobs/{blob.Digest}")).StatusCode == HttpStatusCode.OK) return;
        var started = await Http.Send("POST", $"/v2/{repository}/blobs/uploads/");
        started.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var location = new Uri(Http.BaseAddress!, started.Headers.Location!);
        var created = await Http.Send("PUT", $"{location}?digest={Uri.EscapeDataString(blob.Digest)}", blob.Bytes, ("Content-Type", "application/octet-stream"));
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Header("Docker-Content-Digest").ShouldBe(blob.Digest);
    }

    async Task<HttpResponseMessage> ManifestAsOras(string repository, Content manifest, string? tag = null)
    {
        (await Http.Send("HEAD", $"/v2/{repository}/manifests/{manifest.Digest}", null, ("Accept", manifest.MediaType))).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        var created = await Http.Put(repository, manifest.Digest, manifest);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        if (tag is not null) (await Http.Put(repository, tag, manifest)).Header("Docker-Content-Digest").ShouldBe(manifest.Digest);
        return created;
    }

    async Task PushAsCrane(string repository, Content blob, string? from = null)
    {
        if ((await Http.Send("HEAD", $"/v2/{repository}/blobs/{blob.Digest}")).StatusCode == HttpStatusCode.OK) return;
        var mount = from is null ? "" : $"?from={Uri.EscapeDataString(from)}&mount={Uri.EscapeDataString(blob.Digest)}&origin=registry.test";
        var started = await Http.Send("POST", $"/v2/{repository}/blobs/uploads/{mount}", [], ("Content-Type", "application/json"));
        if (from is not null) started.StatusCode.ShouldBe(HttpStatusCode.Created);
        if (started.StatusCode == HttpStatusCode.Created) return;
        var streamed = await Http.Send("PATCH", started.Headers.Location!.OriginalString, blob.Bytes, ("Content-Type", "application/octet-stream"));
        streamed.StatusCode.ShouldBe(HttpStatusCode.Accepted);
        var created = await Http.Send("PUT", $"{streamed.Headers.Location!.OriginalString}?digest={Uri.EscapeDataString(blob.Digest)}", [], ("Content-Type", "application/octet-stream"));
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
    }
}
