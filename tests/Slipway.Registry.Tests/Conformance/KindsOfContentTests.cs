using System.Net;
using System.Text;
using System.Text.Json.Nodes;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>
/// Every kind of content goes through its whole life: pushed, listed, asked for, pulled, discovered, deleted, gone. The kinds are those of the
/// specification's own conformance tests (conformance/run.go, GenerateData).
/// </summary>
public sealed class KindsOfContentTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    const string Example = "application/vnd.example.oci.conformance+json";

    static readonly Content EmptyJson = Content.Of("sha256", "{}"u8.ToArray(), Content.Empty);

    HttpClient Http => host.Http;

    public static TheoryData<string> Kinds => [.. All.Keys];

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task Kind_LivesItsWholeLife(string kind)
    {
        var repository = host.NewRepository();
        var (blobs, manifests) = All[kind]();
        foreach (var blob in blobs) await Http.Push(repository, blob);
        for (var i = 0; i < manifests.Count; i++)
        {
            var created = await Http.Put(repository, manifests[i].Digest, manifests[i]);
            created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Text());
            if (manifests[i].Algorithm == "sha256") (await Http.Put(repository, $"tag{i}", manifests[i])).Header("Docker-Content-Digest").ShouldBe(manifests[i].Digest);
            else await Http.PushManifest(repository, manifests[i], $"tag{i}");
        }

        JsonNode.Parse(await Http.GetStringAsync($"/v2/{repository}/tags/list"))!["tags"]!.AsArray().Count.ShouldBe(manifests.Count);
        for (var i = 0; i < manifests.Count; i++)
        {
            foreach (var reference in new[] { manifests[i].Digest, $"tag{i}" })
            {
                var head = await Http.Send("HEAD", $"/v2/{repository}/manifests/{reference}");
                (head.StatusCode, head.Header("Docker-Content-Digest"), head.Header("Content-Type"), head.Content.Headers.ContentLength)
                    .ShouldBe((HttpStatusCode.OK, manifests[i].Digest, manifests[i].MediaType, manifests[i].Bytes.Length));
                (await Http.GetByteArrayAsync($"/v2/{repository}/manifests/{reference}")).ShouldBe(manifests[i].Bytes);
            }
            await ShouldBeReferrer(repository, manifests[i]);
        }
        foreach (var blob in blobs) await Http.ShouldServe(repository, blob);

        foreach (var manifest in manifests.Reverse())
        {
            (await Http.Send("DELETE", $"/v2/{repository}/manifests/{manifest.Digest}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
            (await Http.Send("HEAD", $"/v2/{repository}/manifests/{manifest.Digest}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
        }
        JsonNode.Parse(await Http.GetStringAsync($"/v2/{repository}/tags/list"))!["tags"]!.AsArray().ShouldBeEmpty();
        foreach (var blob in blobs.DistinctBy(blob => blob.Digest)) (await Http.Send("DELETE", $"/v2/{repository}/blobs/{blob.Digest}")).StatusCode.ShouldBe(HttpStatusCode.Accepted);
    }

    async Task ShouldBeReferrer(string repository, Content manifest)
    {
        if (JsonNode.Parse(manifest.Bytes)!["subject"]?["digest"]?.GetValue<string>() is not { } subject) return;
        var referrers = JsonNode.Parse(await Http.GetStringAsync($"/v2/{repository}/referrers/{subject}"))!["manifests"]!.AsArray();
        referrers.Select(entry => (string)entry!["digest"]!).ShouldContain(manifest.Digest);
    }

    static readonly Dictionary<string, Func<(IReadOnlyList<Content> Blobs, IReadOnlyList<Content> Manifests)>> All = new()
    {
        ["image"] = () => Image(),
        ["image, sha512"] = () => Image("sha512"),
        ["image with a large manifest"] = () => Image(more: $$""","annotations":{{{string.Join(',', Enumerable.Range(0, 390).Select(i => $"\"large-{i}\":\"{new string('A', 10_000)}\""))}}}"""),
        ["index"] = () => Index("sha256"),
        ["index, sha512"] = () => Index("sha512"),
        ["index of indexes"] = () =>
        {
            var (first, second) = (Index("sha256"), Index("sha256"));
            return ([.. first.Blobs, .. second.Blobs], [.. first.Manifests, .. second.Manifests, Content.IndexOf([first.Manifests[^1], second.Manifests[^1]])]);
        },
        ["empty index"] = () => ([], [Content.IndexOf([])]),
        ["artifact"] = () =>
        {
            var layer = Content.Random(mediaType: Example);
            return ([EmptyJson, layer], [Content.ImageOf(EmptyJson, [layer], $$""","artifactType":"{{Example}}" """)]);
        },
        ["artifact without layers"] = () => ([EmptyJson], [Content.ImageOf(EmptyJson, [EmptyJson], $$""","artifactType":"{{Example}}" """)]),
        ["index of artifacts"] = () =>
        {
            var layer = Content.Random(mediaType: Example);
            var artifact = Content.ImageOf(EmptyJson, [layer], $$""","artifactType":"{{Example}}" """);
            return ([EmptyJson, layer], [artifact, Content.IndexOf([artifact], $$""","artifactType":"{{Example}}" """)]);
        },
        ["artifacts with a subject"] = () =>
        {
            var (blobs, manifests) = Image();
            var more = $$""","subject":{{manifests[0].Descriptor()}},"annotations":{"org.opencontainers.conformance":"hello"}""";
            return ([.. blobs, EmptyJson], [.. manifests, Content.ImageOf(EmptyJson, [], more + $$""","artifactType":"{{Example}}" """), Content.ImageOf(blobs[0], [blobs[1]], more)]);
        },
        ["index with a subject"] = () =>
        {
            var (blobs, manifests) = Index("sha256");
            return (blobs, [.. manifests, Content.IndexOf([manifests[0]], $$""","subject":{{manifests[^1].Descriptor()}},"artifactType":"{{Example}}" """)]);
        },
        ["artifact with a missing subject"] = () => ([EmptyJson], [Content.ImageOf(EmptyJson, [], $$""","subject":{{Content.Random(mediaType: Content.Image).Descriptor()}}""")]),
        ["descriptors with data"] = () =>
        {
            var (config, layer) = (Content.Random(mediaType: Content.Config), Content.Random());
            return ([config, layer], [Content.ImageOf(WithData(config), [WithData(layer)])]);
        },
        ["layers that are to be had elsewhere"] = () =>
        {
            var (config, here, there) = (Content.Random(mediaType: Content.Config), Content.Random(), Content.Random(mediaType: "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip"));
            return ([config, here], [Content.ImageOf(config.Descriptor(), [there.Descriptor(""","urls":["https://store.example.com/blobs/1"]"""), here.Descriptor()])]);
        },
        ["fields of one's own"] = () => Image(more: ""","org.example.custom":{"a":[1,2,{"b":null}]}"""),
        ["image without layers"] = () =>
        {
            var config = Content.Random(mediaType: Content.Config);
            return ([config], [Content.ImageOf(config, [])]);
        },
        ["image with an empty layer"] = () =>
        {
            var (config, layer) = (Content.Random(mediaType: Content.Config), Content.Of("sha256", []));
            return ([config, layer], [Content.ImageOf(config, [layer, layer])]);
        },
        ["image of one algorithm in an index of the other"] = () =>
        {
            var (blobs, manifests) = Image("sha512");
            return (blobs, [.. manifests, Content.IndexOf(manifests)]);
        },
    };

    static string WithData(Content content) => content.Descriptor($",\"data\":\"{Convert.ToBase64String(content.Bytes)}\"");

    static (IReadOnlyList<Content> Blobs, IReadOnlyList<Content> Manifests) Image(string algorithm = "sha256", string more = "")
    {
        Content[] blobs = [Content.Of(algorithm, Encoding.UTF8.GetBytes($"{{\"id\":\"{Guid.NewGuid()}\"}}"), Content.Config), Content.Random(algorithm), Content.Random(algorithm)];
        return (blobs, [Content.ImageOf(blobs[0], blobs[1..], more, algorithm)]);
    }

    static (IReadOnlyList<Content> Blobs, IReadOnlyList<Content> Manifests) Index(string algorithm)
    {
        var (first, second) = (Image(algorithm), Image(algorithm));
        return ([.. first.Blobs, .. second.Blobs], [.. first.Manifests, .. second.Manifests, Content.IndexOf([.. first.Manifests, .. second.Manifests], algorithm: algorithm)]);
    }
}
