using System.Net.Http.Headers;
using System.Text;
using Slipway.Model;

namespace Slipway.Server.Tests.Apps;

/// <summary>Pushes to a server's registry as any client does.</summary>
static class Images
{
    const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    /// <returns>The manifest's digest.</returns>
    public static async Task<Digest> PushImage(this TestServer server, string repository, string tag)
    {
        var config = "{}"u8.ToArray();
        await Send(server, HttpMethod.Post, $"/v2/{repository}/blobs/uploads/?digest={Digest.Sha256(config)}", config, "application/octet-stream");
        var descriptor = $$"""{"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "{{Digest.Sha256(config)}}", "size": {{config.Length}}}""";
        var manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion": 2, "mediaType": "{{MediaType}}", "config": {{descriptor}}, "layers": []}""");
        await Send(server, HttpMethod.Put, $"/v2/{repository}/manifests/{tag}", manifest, MediaType);
        return Digest.Sha256(manifest);
    }

    static async Task Send(TestServer server, HttpMethod method, string path, byte[] content, string type)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{server.Token}")));
        using var answer = await server.Anonymous.SendAsync(request, TestContext.Current.CancellationToken);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
