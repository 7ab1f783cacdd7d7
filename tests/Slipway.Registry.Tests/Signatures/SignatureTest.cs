using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.DependencyInjection;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Names;
using Slipway.Registry.Signatures;
using Slipway.Registry.Signatures.Trust;

namespace Slipway.Registry.Tests.Signatures;

/// <summary>A registry with an image shop/web:1, openssl, and pushes of signatures as their tools make them.</summary>
public abstract class SignatureTest : IAsyncLifetime
{
    protected const string Repository = "shop/web";
    const string Cosign = "application/vnd.dev.cosign.artifact.sig.v1+json";

    internal OpenSsl Ssl { get; } = new();

    protected RegistryHost Host { get; private set; } = null!;

    protected string Image { get; private set; } = null!;

    protected static CancellationToken Cancel => TestContext.Current.CancellationToken;

    internal TrustStore Trust => Host.Services.GetRequiredService<TrustStore>();

    internal ImageSigner Signer => Host.Services.GetRequiredService<ImageSigner>();

    public virtual async ValueTask InitializeAsync()
    {
        Host = await RegistryHost.Start();
        Image = await Host.Client.PushImage(Repository, "1");
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Host.DisposeAsync();
        Ssl.Dispose();
    }

    internal Task TrustKey(string name, OpenSsl.Key key, params string[] projects) =>
        Trust.Add(new TrustRequest { Name = name, Key = key.Public, Projects = projects }, Caller.Server, Cancel);

    internal Task TrustRoot(string name, OpenSsl.Certificate root) => Trust.Add(new TrustRequest { Name = name, Certificate = root.Pem }, Caller.Server, Cancel);

    internal async Task<IReadOnlyList<FoundSignature>> Find(string? image = null, string repository = Repository, string project = "shop")
    {
        RepositoryName.TryParse(repository, out var name).ShouldBeTrue();
        return await Host.Services.GetRequiredService<ImageSignatures>().Find(name, Digest.Parse(image ?? Image), project, Cancel);
    }

    internal async Task<FoundSignature> FindOne() => (await Find()).ShouldHaveSingleItem();

    /// <summary>cosign's payload.</summary>
    protected static byte[] Payload(string image, string reference = "registry.example.com/shop/web", string type = "cosign container image signature") => Encoding.UTF8.GetBytes(
        $$$"""{"critical":{"identity":{"docker-reference":"{{{reference}}}"},"image":{"docker-manifest-digest":"{{{image}}}"},"type":"{{{type}}}"},"optional":null}""");

    /// <summary>As cosign pushes it: at the tag that is made of the digest.</summary>
    /// <returns>The digest of the manifest.</returns>
    protected Task<string> PushCosign(byte[] payload, byte[] signature, string? image = null, params (string Name, string Value)[] annotations) =>
        PushCosign(payload, Convert.ToBase64String(signature), image, annotations);

    protected async Task<string> PushCosign(byte[] payload, string signature, string? image, (string Name, string Value)[] annotations)
    {
        var layer = await Layer(payload, "application/vnd.dev.cosign.simplesigning.v1+json", [("dev.cosignproject.cosign/signature", signature), .. annotations]);
        return await Put((image ?? Image).Replace(':', '-') + ".sig", Manifest(null, null, layer));
    }

    /// <summary>Attached to the image by its subject.</summary>
    protected async Task<string> PushReferrer(string type, byte[] content, string mediaType, string? image = null, params (string Name, string Value)[] annotations)
    {
        var layer = await Layer(content, mediaType, annotations);
        return await Put(null, Manifest(type, image ?? Image, layer));
    }

    protected Task<string> PushCosignReferrer(byte[] payload, byte[] signature, string? image = null) =>
        PushReferrer(Cosign, payload, "application/vnd.dev.cosign.simplesigning.v1+json", image, ("dev.cosignproject.cosign/signature", Convert.ToBase64String(signature)));

    protected async Task<JsonObject> Layer(byte[] content, string mediaType, params (string Name, string Value)[] annotations)
    {
        var layer = new JsonObject { ["mediaType"] = mediaType, ["digest"] = await Host.Client.PushBlob(Repository, content), ["size"] = content.Length };
        if (annotations.Length > 0) layer["annotations"] = new JsonObject(annotations.Select(one => KeyValuePair.Create(one.Name, (JsonNode?)one.Value)));
        return layer;
    }

    protected static string Manifest(string? type, string? subject, params JsonObject[] layers)
    {
        var manifest = new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = Client.OciImage,
            ["config"] = new JsonObject { ["mediaType"] = "application/vnd.oci.empty.v1+json", ["digest"] = Client.Sha256("{}"u8.ToArray()), ["size"] = 2 },
            ["layers"] = new JsonArray(layers),
        };
        if (type is not null) manifest["artifactType"] = type;
        if (subject is not null) manifest["subject"] = new JsonObject { ["mediaType"] = Client.OciImage, ["digest"] = subject, ["size"] = 1 };
        return manifest.ToJsonString();
    }

    protected async Task<string> Put(string? tag, string manifest)
    {
        await Host.Client.PushBlob(Repository, "{}"u8.ToArray());
        var digest = Client.Sha256(Encoding.UTF8.GetBytes(manifest));
        (await Host.Client.PutManifest(Repository, tag ?? digest, manifest)).StatusCode.ShouldBe(HttpStatusCode.Created);
        return digest;
    }
}
