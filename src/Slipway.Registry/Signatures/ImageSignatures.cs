using Slipway.Model;
using Slipway.Registry.Manifests;
using Slipway.Registry.Names;
using Slipway.Registry.Signatures.Cosign;
using Slipway.Registry.Signatures.Notation;
using Slipway.Registry.Signatures.Trust;
using Slipway.Registry.Storage;

namespace Slipway.Registry.Signatures;

/// <summary>Finds the signatures of an image and judges each. Nothing is asked for over a network. Thread-safe.</summary>
sealed class ImageSignatures(SignatureSearch search, ManifestStore manifests, SmallBlobs blobs, TrustStore trust, TimeProvider time)
{
    /// <summary>Signatures that are looked at, of one image.</summary>
    public const int MaxSignatures = 64;

    /// <summary>A payload of cosign has some hundred bytes, an envelope with certificates and time stamps some ten thousand.</summary>
    const int MaxPayload = 64 << 10, MaxEnvelope = 512 << 10;

    /// <summary>Judged by what a project trusts. Trusted ones first; at most <see cref="MaxSignatures"/>; none where there is no such image.</summary>
    public async Task<IReadOnlyList<FoundSignature>> Find(RepositoryName repository, Digest digest, string project, CancellationToken cancel)
    {
        if (manifests.Find(repository, new Reference.ByDigest(digest)) is not { } image) return [];
        var trusted = await trust.Of(project, cancel);
        var found = new List<FoundSignature>();
        foreach (var signed in search.Signed(repository, image))
            foreach (var (manifest, type) in search.Of(repository, signed.Digest))
            {
                if (found.Count >= MaxSignatures) break;
                await Judge(repository, signed, manifest, type, trusted, found, cancel);
            }
        return [.. found.OrderBy(one => one.State)];
    }

    async Task Judge(RepositoryName repository, StoredManifest signed, StoredManifest manifest, string type, TrustSet trusted, List<FoundSignature> found, CancellationToken cancel)
    {
        var empty = new FoundSignature { Format = Format(type, null), Manifest = manifest.Digest, Signed = signed.Digest, State = SignatureState.Invalid };
        if (SignatureManifest.Read(manifest.Content) is not { } read)
        {
            found.Add(empty with { Reason = "its manifest can't be read" });
            return;
        }
        var layers = read.Layers ?? [];
        if (layers.Count == 0) found.Add(empty with { Reason = "its manifest has no layer" });
        foreach (var layer in layers)
        {
            if (found.Count >= MaxSignatures) return;
            if (await Judge(empty with { Format = Format(type, layer?.MediaType) }, repository, signed, type, layer, trusted, cancel) is { } judged) found.Add(judged);
        }
    }

    async Task<FoundSignature?> Judge(
        FoundSignature found, RepositoryName repository, StoredManifest signed, string type, SignatureLayer? layer, TrustSet trusted, CancellationToken cancel)
    {
        try
        {
            if (layer is null) throw new RejectedSignatureException("its manifest has a null where a layer should stand");
            var most = type == SignatureTypes.CosignArtifact ? MaxPayload : MaxEnvelope;
            if (layer.Size > most) throw new RejectedSignatureException($"it has {layer.Size} bytes, more than {most}");
            var content = await blobs.Read(repository, layer.Digest, most, cancel) ?? throw new RejectedSignatureException($"its content {layer.Digest} is not here");
            return (type, layer.MediaType) switch
            {
                (SignatureTypes.CosignArtifact, SignatureTypes.SimpleSigning) => CosignVerifier.Verify(found, layer, content, trusted),
                (SignatureTypes.Bundle, SignatureTypes.Bundle) => BundleVerifier.Verify(found, content, trusted),
                (SignatureTypes.Notary, SignatureTypes.Jws) => NotationVerifier.Verify(found, JwsEnvelope.Read(content), signed, trusted, time.GetUtcNow()),
                (SignatureTypes.Notary, SignatureTypes.Cose) => NotationVerifier.Verify(found, CoseEnvelope.Read(content), signed, trusted, time.GetUtcNow()),
                _ => throw new RejectedSignatureException($"its layer is a '{CosignVerifier.Shown(layer.MediaType)}', which is no signature"),
            };
        }
        catch (RejectedSignatureException rejected)
        {
            return found with { State = SignatureState.Invalid, Reason = rejected.Message };
        }
    }

    static string Format(string type, string? layer) => type switch
    {
        SignatureTypes.CosignArtifact => "cosign",
        SignatureTypes.Bundle => "sigstore bundle",
        _ => layer == SignatureTypes.Cose ? "notation COSE" : "notation JWS",
    };
}
