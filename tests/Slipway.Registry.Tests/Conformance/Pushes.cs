using System.Net;
using System.Text;

namespace Slipway.Registry.Tests.Conformance;

/// <summary>Pushing as a client that follows the specification does.</summary>
static class Pushes
{
    public static async Task<Content> Push(this HttpClient http, string repository, Content blob)
    {
        var location = await http.StartUpload(repository, blob.Algorithm == "sha256" ? "" : $"?digest-algorithm={blob.Algorithm}");
        var created = await http.Send("PUT", $"{location}?digest={blob.Digest}", blob.Bytes, ("Content-Type", "application/octet-stream"));
        await http.ShouldBeCreated(created, repository, blob);
        return blob;
    }

    public static Task<HttpResponseMessage> Put(this HttpClient http, string repository, string reference, Content manifest) =>
        http.Send("PUT", $"/v2/{repository}/manifests/{reference}", manifest.Bytes, ("Content-Type", manifest.MediaType));

    /// <summary>By digest, with the tags as parameters: what is pushed by a tag gets its sha256.</summary>
    public static async Task<Content> PushManifest(this HttpClient http, string repository, Content manifest, params string[] tags)
    {
        var query = tags.Length == 0 ? "" : "?" + string.Join('&', tags.Select(tag => "tag=" + tag));
        var created = await http.Put(repository, manifest.Digest + query, manifest);
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Text());
        created.Header("Docker-Content-Digest").ShouldBe(manifest.Digest);
        return manifest;
    }

    public static async Task<Content> PushImageOf(this HttpClient http, string repository, string algorithm = "sha256", string more = "", params string[] tags)
    {
        var config = await http.Push(repository, Content.Of(algorithm, Encoding.UTF8.GetBytes($$"""{"id":"{{Guid.NewGuid()}}"}"""), Content.Config));
        Content[] layers = [await http.Push(repository, Content.Random(algorithm)), await http.Push(repository, Content.Random(algorithm))];
        return await http.PushManifest(repository, Content.ImageOf(config, layers, more, algorithm), tags);
    }

    /// <summary>201 with the digest that the client used, and a Location under which the blob is pulled.</summary>
    public static async Task ShouldBeCreated(this HttpClient http, HttpResponseMessage created, string repository, Content blob)
    {
        created.StatusCode.ShouldBe(HttpStatusCode.Created, await created.Text());
        created.Header("Docker-Content-Digest").ShouldBe(blob.Digest);
        (await http.GetByteArrayAsync(created.Headers.Location!)).ShouldBe(blob.Bytes);
        await http.ShouldServe(repository, blob);
    }

    public static async Task ShouldServe(this HttpClient http, string repository, Content blob)
    {
        var got = await http.GetAsync($"/v2/{repository}/blobs/{blob.Digest}");
        got.StatusCode.ShouldBe(HttpStatusCode.OK);
        got.Header("Docker-Content-Digest").ShouldBe(blob.Digest);
        got.Content.Headers.ContentLength.ShouldBe(blob.Bytes.Length);
        (await got.Content.ReadAsByteArrayAsync()).ShouldBe(blob.Bytes);
    }
}
