using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Slipway.Model;

namespace Slipway.Server.Tests.Apps;

/// <summary>Pushes to a server's registry as any client does.</summary>
static class Images
{
    const string MediaType = "application/vnd.oci.image.manifest.v1+json";

    /// <param name="layers">As they stand in the manifest: "[ ]" is the same image under another digest.</param>
    /// <returns>The manifest's digest.</returns>
    public static Task<Digest> PushImage(this TestServer server, string repository, string tag, string layers = "[]") => server.PushManifest(repository, tag, layers);

    /// <summary>Signs an image as cosign does, and pushes the signature.</summary>
    public static async Task PushSignature(this TestServer server, string repository, Digest image, ECDsa key, string reference = "registry.example.com/team/web")
    {
        var payload = Encoding.UTF8.GetBytes(
            $$$"""{"critical":{"identity":{"docker-reference":"{{{reference}}}"},"image":{"docker-manifest-digest":"{{{image}}}"},"type":"cosign container image signature"},"optional":null}""");
        var signature = Convert.ToBase64String(key.SignData(payload, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence));
        await server.PushBlob(repository, payload);
        await server.PushManifest(repository, $"sha256-{image.Hex}.sig",
            $$"""[{"mediaType":"application/vnd.dev.cosign.simplesigning.v1+json","digest":"{{Digest.Sha256(payload)}}","size":{{payload.Length}},"annotations":{"dev.cosignproject.cosign/signature":"{{signature}}"} }]""");
    }

    static async Task<Digest> PushManifest(this TestServer server, string repository, string tag, string layers)
    {
        var config = "{}"u8.ToArray();
        await server.PushBlob(repository, config);
        var descriptor = $$"""{"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "{{Digest.Sha256(config)}}", "size": {{config.Length}}}""";
        var manifest = Encoding.UTF8.GetBytes($$"""{"schemaVersion": 2, "mediaType": "{{MediaType}}", "config": {{descriptor}}, "layers": {{layers}}}""");
        await Send(server, HttpMethod.Put, $"/v2/{repository}/manifests/{tag}", manifest, MediaType);
        return Digest.Sha256(manifest);
    }

    static Task PushBlob(this TestServer server, string repository, byte[] content) =>
        Send(server, HttpMethod.Post, $"/v2/{repository}/blobs/uploads/?digest={Digest.Sha256(content)}", content, "application/octet-stream");

    static async Task Send(TestServer server, HttpMethod method, string path, byte[] content, string type)
    {
        using var request = new HttpRequestMessage(method, path) { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"admin:{server.Token}")));
        using var answer = await server.Anonymous.SendAsync(request, TestContext.Current.CancellationToken);
        answer.IsSuccessStatusCode.ShouldBeTrue(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
