using System.Net;
using System.Text;
using System.Text.Json;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Specification, "Push": "Pushing Manifests" (end-7a, end-7b), "Pushing Manifests with Subject".</summary>
public sealed class PushManifestTests(ConformanceHost host) : IClassFixture<ConformanceHost>
{
    HttpClient Http => host.Http;

    /// <summary>201 with a pullable Location and, as Docker-Content-Digest, the digest that the client gave.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task ByDigest_IsCreated(string algorithm)
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository, algorithm);
        var created = await Http.Put(repository, image.Digest, image);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        (await Http.GetByteArrayAsync(created.Headers.Location!)).ShouldBe(image.Bytes);
    }

    [Fact]
    public async Task ByTag_IsCreated()
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository);
        var created = await Http.Put(repository, "v1", image);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Header("Docker-Content-Digest").ShouldBe(image.Digest);
        (await Http.GetByteArrayAsync(created.Headers.Location!)).ShouldBe(image.Bytes);
    }

    /// <summary>"when pushing by digest": tags as parameters, at least ten of them, each told in OCI-Tag.</summary>
    [Theory]
    [InlineData("sha256")]
    [InlineData("sha512")]
    public async Task ByDigestWithTags_TellsAndMakesEach(string algorithm)
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository, algorithm);
        var tags = Enumerable.Range(1, 12).Select(i => $"v{i}").ToArray();
        var created = await Http.Put(repository, image.Digest + "?" + string.Join('&', tags.Select(tag => "tag=" + tag)), image);
        created.StatusCode.ShouldBe(HttpStatusCode.Created);
        created.Header("OCI-Tag")!.Split(", ").ShouldBe(tags);
        foreach (var tag in tags) (await Http.Send("HEAD", $"/v2/{repository}/manifests/{tag}")).Header("Docker-Content-Digest").ShouldBe(image.Digest);
    }

    /// <summary>"The registry MUST store the manifest in the exact byte representation"; SHOULD ignore parameters of the Content-Type.</summary>
    [Fact]
    public async Task OddlyWritten_IsKeptByteForByte()
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository);
        var text = Encoding.UTF8.GetString(image.Bytes).Replace(",", " ,\r\n\t").Insert(1, """ "org.example.\u00e9" : { "x" : [ 1.0, 1e3, null ] } , """) + "\n\n";
        var odd = Content.Of("sha256", Encoding.UTF8.GetBytes(text), Content.Image);
        var created = await Http.Send("PUT", $"/v2/{repository}/manifests/odd", odd.Bytes, ("Content-Type", Content.Image + "; charset=utf-8"));
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Text());
        var got = await Http.GetAsync($"/v2/{repository}/manifests/odd");
        got.Header("Content-Type").ShouldBe(Content.Image);
        (await got.Content.ReadAsByteArrayAsync()).ShouldBe(odd.Bytes);
    }

    /// <summary>"support manifest pushes of at least 4 megabytes"; more SHOULD be 413.</summary>
    [Fact]
    public async Task Large_IsTakenUpTo4MiB()
    {
        var repository = host.NewRepository();
        var annotations = $$""","annotations":{"large":"{{new string('A', 3_900_000)}}"}""";
        await Http.PushImageOf(repository, more: annotations);
        await (await Http.Put(repository, "v1", Content.Of("sha256", new byte[(4 << 20) + 1], Content.Image))).ShouldBeRefused(413, "SIZE_INVALID");
    }

    [Fact]
    public async Task WrongOrMalformedDigest_Is400()
    {
        var repository = host.NewRepository();
        var image = await Http.PushImageOf(repository);
        var longer = image with { Bytes = [.. image.Bytes, (byte)' ', (byte)' '] };
        await (await Http.Put(repository, image.Digest, longer)).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.Put(repository, Content.DigestOf("sha512", image.Bytes), longer)).ShouldBeRefused(400, "DIGEST_INVALID");
        await (await Http.Put(repository, "sha256:baddigeststring", image)).ShouldBeRefused(400, "DIGEST_INVALID");
    }

    /// <summary>"MAY reject ... it MUST result in one or more MANIFEST_BLOB_UNKNOWN": a sparse image or index is refused with what it lacks.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Sparse_IsRefusedWithTheList(bool index)
    {
        var repository = host.NewRepository();
        var (here, missing) = (await Http.PushImageOf(repository), Content.Random(mediaType: index ? Content.Image : Content.Layer));
        var sparse = index ? Content.IndexOf([here, missing]) : Content.ImageOf(await Http.Push(repository, Content.Random(mediaType: Content.Config)), [missing]);
        var refused = await Http.Put(repository, "sparse", sparse);
        await refused.ShouldBeRefused(400, "MANIFEST_BLOB_UNKNOWN");
        using var json = JsonDocument.Parse(await refused.Text());
        json.RootElement.GetProperty("errors").EnumerateArray().Select(error => error.GetProperty("detail").GetProperty("digest").GetString()).ShouldBe([missing.Digest]);
        (await Http.GetAsync($"/v2/{repository}/manifests/sparse")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    /// <summary>"MUST initially accept ... a subject that does not exist", and answer OCI-Subject: the tag fallback is then not the client's to do.</summary>
    [Theory]
    [InlineData(true, false)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(false, true)]
    public async Task WithSubject_TellsIt(bool subjectIsThere, bool index)
    {
        var repository = host.NewRepository();
        var subject = subjectIsThere ? await Http.PushImageOf(repository) : Content.Random(mediaType: Content.Image);
        var image = await Http.PushImageOf(repository);
        var more = $$""","subject":{{subject.Descriptor()}},"artifactType":"application/vnd.example+type" """;
        var referrer = index ? Content.IndexOf([image], more) : Content.ImageOf(await Http.Push(repository, Content.Of("sha256", "{}"u8.ToArray(), Content.Empty)), [], more);
        var created = await Http.Put(repository, referrer.Digest, referrer);
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Text());
        created.Header("OCI-Subject").ShouldBe(subject.Digest);
        (await Http.GetAsync($"/v2/{repository}/manifests/{subject.Digest.Replace(':', '-')}")).StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    /// <summary>Two pushes of one tag: the later one wins, and the earlier manifest stays under its digest.</summary>
    [Fact]
    public async Task TagAgain_Moves()
    {
        var repository = host.NewRepository();
        var (first, second) = (await Http.PushImageOf(repository), await Http.PushImageOf(repository));
        await Http.Put(repository, "latest", first);
        await Http.Put(repository, "latest", second);
        (await Http.GetByteArrayAsync($"/v2/{repository}/manifests/latest")).ShouldBe(second.Bytes);
        (await Http.GetByteArrayAsync($"/v2/{repository}/manifests/{first.Digest}")).ShouldBe(first.Bytes);
    }
}
