namespace Slipway.Registry.Signatures;

/// <summary>Media types, artifact types and annotations of signatures.</summary>
static class SignatureTypes
{
    /// <summary>A cosign signature as a referrer (OCI 1.1).</summary>
    public const string CosignArtifact = "application/vnd.dev.cosign.artifact.sig.v1+json";

    /// <summary>cosign, specs/SIGNATURE_SPEC.md, "Payloads".</summary>
    public const string SimpleSigning = "application/vnd.dev.cosign.simplesigning.v1+json";

    public const string CosignSignature = "dev.cosignproject.cosign/signature";

    public const string CosignCertificate = "dev.sigstore.cosign/certificate";

    /// <summary>cosign, specs/BUNDLE_SPEC.md.</summary>
    public const string Bundle = "application/vnd.dev.sigstore.bundle.v0.3+json";

    public const string BundlePredicate = "dev.sigstore.bundle.predicateType";

    /// <summary>What a statement says that is a signature, not an attestation of something else.</summary>
    public const string SignPredicate = "https://sigstore.dev/cosign/sign/v1";

    /// <summary>Notary Project, specs/signature-specification.md, "OCI Signatures".</summary>
    public const string Notary = "application/vnd.cncf.notary.signature";

    public const string Jws = "application/jose+json";

    public const string Cose = "application/cose";

    public static string TagOf(Model.Digest image) => $"{image.Algorithm}-{image.Hex}.sig";
}
