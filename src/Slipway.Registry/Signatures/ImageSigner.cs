using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Slipway.Model;
using Slipway.Registry.Events;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;
using Slipway.Registry.Rules;
using Slipway.Registry.Signatures.Trust;
using Slipway.Registry.Uploads;

namespace Slipway.Registry.Signatures;

/// <summary>
/// Signs images of the registry with the platform's own key, as cosign does (specs/SIGNATURE_SPEC.md): one manifest that is found by cosign's tag and, for it
/// has the image as its subject, among the referrers. Thread-safe.
/// </summary>
public sealed class ImageSigner
{
    readonly ManifestStore _manifests;
    readonly UploadSessions _uploads;
    readonly ImageSignatures _signatures;
    readonly SigningKey _key;

    internal ImageSigner(ManifestStore manifests, UploadSessions uploads, ImageSignatures signatures, SigningKey key) =>
        (_manifests, _uploads, _signatures, _key) = (manifests, uploads, signatures, key);

    /// <summary>Signs, where the platform has not signed the image already. May be repeated.</summary>
    /// <param name="repository">guestbook/web</param>
    /// <param name="registry">What clients call the registry: 127.0.0.1:8080; it becomes part of what is signed.</param>
    /// <returns>Whether it is signed; false where there is no such image.</returns>
    /// <exception cref="IOException">The store is broken or full.</exception>
    /// <exception cref="InvalidDataException">The key can't be read any more.</exception>
    public async Task<bool> Sign(string repository, Digest digest, string registry, CancellationToken cancel)
    {
        if (!RepositoryName.TryParse(repository, out var name) || _manifests.Find(name, new Reference.ByDigest(digest)) is not { } image) return false;
        var there = await _signatures.Find(name, digest, ProjectScope.Of(name), cancel);
        if (there.Any(signature => signature is { State: SignatureState.Trusted, Signer: TrustStore.Own } && signature.Signed == digest)) return true;

        var payload = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["critical"] = new JsonObject
            {
                ["identity"] = new JsonObject { ["docker-reference"] = $"{registry}/{repository}" },
                ["image"] = new JsonObject { ["docker-manifest-digest"] = digest.Value },
                ["type"] = Cosign.SimpleSigning.CosignType,
            },
            ["optional"] = null,
        }.ToJsonString());
        var signature = await _key.Sign(payload, cancel);
        await Put(name, image, payload, signature, cancel);
        return true;
    }

    async Task Put(RepositoryName repository, StoredManifest image, byte[] payload, byte[] signature, CancellationToken cancel)
    {
        // A config that cosign can add its own signatures to.
        var config = Encoding.UTF8.GetBytes($$"""{"architecture":"","os":"","config":{},"rootfs":{"type":"layers","diff_ids":["{{Digest.Sha256(payload)}}"]} }""");
        await PutBlob(repository, payload, cancel);
        await PutBlob(repository, config, cancel);
        var content = Encoding.UTF8.GetBytes(new JsonObject
        {
            ["schemaVersion"] = 2,
            ["mediaType"] = ManifestDocument.OciImage,
            ["artifactType"] = SignatureTypes.CosignArtifact,
            ["config"] = Descriptor("application/vnd.oci.image.config.v1+json", Digest.Sha256(config), config.Length),
            ["layers"] = new JsonArray(Descriptor(SignatureTypes.SimpleSigning, Digest.Sha256(payload), payload.Length, (SignatureTypes.CosignSignature, Convert.ToBase64String(signature)))),
            ["subject"] = Descriptor(image.MediaType, image.Digest, image.Content.Length),
        }.ToJsonString());
        string? type = ManifestDocument.OciImage;
        if (ManifestDocument.Read(content, ref type, out var document) is { } wrong) throw new InvalidOperationException(wrong);
        var manifest = new StoredManifest(Digest.Sha256(content), ManifestDocument.OciImage, content);

        // Others' signatures at the tag stay there: then ours is found as a referrer alone, as it is where a rule keeps the tag away.
        TagName[] tags = TagName.TryParse(SignatureTypes.TagOf(image.Digest), out var tag) && _manifests.Find(repository, new Reference.ByTag(tag)) is null ? [tag] : [];
        try
        {
            await PutManifest(tags);
        }
        catch (RuleRefusedException) when (tags.Length > 0)
        {
            await PutManifest([]);
        }

        async Task PutManifest(IReadOnlyList<TagName> names)
        {
            var missing = await _manifests.Put(repository, manifest, document, names, Caller.Server, cancel);
            if (missing.Count > 0) throw new IOException(string.Create(CultureInfo.InvariantCulture, $"The signature of {repository}@{image.Digest} could not be stored: {missing.Count} of its blobs went away."));
        }
    }

    async Task PutBlob(RepositoryName repository, byte[] content, CancellationToken cancel)
    {
        await using var upload = await _uploads.StartPassing(repository, cancel);
        await upload.Append(new MemoryStream(content), "sha256", cancel);
        await upload.Finish(Digest.Sha256(content), Caller.Server, cancel);
    }

    static JsonObject Descriptor(string type, Digest digest, int size, (string Name, string Value)? annotation = null)
    {
        var descriptor = new JsonObject { ["mediaType"] = type, ["digest"] = digest.Value, ["size"] = size };
        if (annotation is var (name, value)) descriptor["annotations"] = new JsonObject { [name] = value };
        return descriptor;
    }
}
