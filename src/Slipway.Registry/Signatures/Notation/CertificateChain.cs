using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Registry.Signatures.Keys;

namespace Slipway.Registry.Signatures.Notation;

/// <summary>
/// The rules for certificates in a signature (Notary Project, specs/signature-specification.md, "Certificate Requirements"). Checked here and not by the
/// platform's chain building: the chain is the one that the signature brings, in its order, and only three extensions count.
/// </summary>
static class CertificateChain
{
    const string CodeSigning = "1.3.6.1.5.5.7.3.3";

    /// <summary>anyExtendedKeyUsage, serverAuth, clientAuth, emailProtection, timeStamping (RFC 5280, section 4.2.1.12): never beside code signing.</summary>
    static readonly string?[] NotForCode = ["2.5.29.37.0", "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4", "1.3.6.1.5.5.7.3.8"];

    const X509KeyUsageFlags NotForLeaves = X509KeyUsageFlags.KeyEncipherment | X509KeyUsageFlags.DataEncipherment | X509KeyUsageFlags.KeyAgreement
        | X509KeyUsageFlags.KeyCertSign | X509KeyUsageFlags.EncipherOnly | X509KeyUsageFlags.DecipherOnly | X509KeyUsageFlags.CrlSign;

    /// <summary>Whether each is what the next has issued, up to a root, and may sign what it signs.</summary>
    /// <param name="moments">At which all of them must be valid: now, and when it was signed.</param>
    /// <exception cref="RejectedSignatureException">They are not; the message names the one.</exception>
    public static void Check(IReadOnlyList<X509Certificate2> chain, IEnumerable<(DateTimeOffset Time, string What)> moments)
    {
        CheckLeaf(chain[0]);
        for (var i = 1; i < chain.Count; i++) CheckIssuer(chain[i], below: i - 1);
        for (var i = 0; i < chain.Count; i++)
        {
            var issuer = chain[Math.Min(i + 1, chain.Count - 1)];
            if (!chain[i].IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData))
                throw new RejectedSignatureException(i == chain.Count - 1
                    ? $"its chain does not end with a root: '{Name(chain[i])}' was issued by '{Shown(chain[i].Issuer)}'"
                    : $"'{Name(chain[i])}' was not issued by '{Name(issuer)}', which follows it");
            CheckSignature(chain[i], issuer);
        }
        foreach (var (time, what) in moments)
            foreach (var certificate in chain)
            {
                if (time < certificate.NotBefore.ToUniversalTime())
                    throw new RejectedSignatureException($"'{Name(certificate)}' is valid only from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}, after {what}");
                if (time > certificate.NotAfter.ToUniversalTime())
                    throw new RejectedSignatureException($"'{Name(certificate)}' had expired at {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}, before {what}");
            }
    }

    public static string Name(X509Certificate2 certificate) => Shown(certificate.Subject);

    static void CheckLeaf(X509Certificate2 leaf)
    {
        if (leaf.Extensions.OfType<X509BasicConstraintsExtension>().Any(basic => basic.CertificateAuthority))
            throw new RejectedSignatureException($"'{Name(leaf)}' is a certificate authority, which may not sign images");
        var usage = leaf.Extensions.OfType<X509KeyUsageExtension>().SingleOrDefault();
        if (usage is not { Critical: true } || !usage.KeyUsages.HasFlag(X509KeyUsageFlags.DigitalSignature) || (usage.KeyUsages & NotForLeaves) != 0)
            throw new RejectedSignatureException(
                $"'{Name(leaf)}' may not sign: its key usage must be critical and for digital signatures alone, and is "
                + (usage is null ? "missing" : $"{usage.KeyUsages}{(usage.Critical ? "" : ", not critical")}"));
        if (leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().SingleOrDefault() is { } purposes)
        {
            var found = purposes.EnhancedKeyUsages.Cast<Oid>().Select(purpose => purpose.Value).ToList();
            if (!found.Contains(CodeSigning) || found.Any(NotForCode.Contains))
                throw new RejectedSignatureException(
                    $"'{Name(leaf)}' is not for code signing: its extended key usage is {string.Join(", ", purposes.EnhancedKeyUsages.Cast<Oid>().Select(purpose => purpose.FriendlyName ?? purpose.Value))}");
        }
    }

    static void CheckIssuer(X509Certificate2 issuer, int below)
    {
        var basic = issuer.Extensions.OfType<X509BasicConstraintsExtension>().SingleOrDefault();
        if (basic is not { Critical: true, CertificateAuthority: true })
            throw new RejectedSignatureException($"'{Name(issuer)}' is no certificate authority: it may not issue others");
        if (basic.HasPathLengthConstraint && basic.PathLengthConstraint < below)
            throw new RejectedSignatureException($"'{Name(issuer)}' may have only {basic.PathLengthConstraint} authorities below it, and has {below}");
        if (issuer.Extensions.OfType<X509KeyUsageExtension>().SingleOrDefault() is not { Critical: true } usage || !usage.KeyUsages.HasFlag(X509KeyUsageFlags.KeyCertSign))
            throw new RejectedSignatureException($"'{Name(issuer)}' may not issue certificates: its key usage must be critical and for that");
    }

    /// <summary>RFC 5280, section 4.1.1: TBSCertificate, signatureAlgorithm, signatureValue.</summary>
    static void CheckSignature(X509Certificate2 certificate, X509Certificate2 issuer)
    {
        if (VerificationKey.Read(issuer.PublicKey.ExportSubjectPublicKeyInfo(), out var key) is { } wrong)
            throw new RejectedSignatureException($"the key of '{Name(issuer)}' can't be used: {wrong}");
        try
        {
            var parts = new AsnReader(certificate.RawDataMemory, AsnEncodingRules.DER).ReadSequence();
            var signed = parts.ReadEncodedValue().Span;
            var algorithm = parts.ReadSequence();
            var name = algorithm.ReadObjectIdentifier();
            var signature = parts.ReadBitString(out _);
            var holds = name switch
            {
                "1.2.840.113549.1.1.11" => key!.VerifyRsa(signed, signature, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1),
                "1.2.840.113549.1.1.12" => key!.VerifyRsa(signed, signature, HashAlgorithmName.SHA384, RSASignaturePadding.Pkcs1),
                "1.2.840.113549.1.1.13" => key!.VerifyRsa(signed, signature, HashAlgorithmName.SHA512, RSASignaturePadding.Pkcs1),
                "1.2.840.113549.1.1.10" => key!.VerifyRsa(signed, signature, PssHash(algorithm), RSASignaturePadding.Pss),
                "1.2.840.10045.4.3.2" => key!.VerifyCurve(signed, signature, HashAlgorithmName.SHA256, DSASignatureFormat.Rfc3279DerSequence),
                "1.2.840.10045.4.3.3" => key!.VerifyCurve(signed, signature, HashAlgorithmName.SHA384, DSASignatureFormat.Rfc3279DerSequence),
                "1.2.840.10045.4.3.4" => key!.VerifyCurve(signed, signature, HashAlgorithmName.SHA512, DSASignatureFormat.Rfc3279DerSequence),
                _ => throw new RejectedSignatureException($"'{Name(certificate)}' is signed with an algorithm that is not allowed ({name}): expected RSA or ECDSA with SHA-256, SHA-384 or SHA-512"),
            };
            if (!holds) throw new RejectedSignatureException($"'{Name(certificate)}' was not signed by '{Name(issuer)}'");
        }
        catch (AsnContentException)
        {
            throw new RejectedSignatureException($"'{Name(certificate)}' is no well-formed certificate");
        }
    }

    /// <summary>RFC 4055, section 3.1: RSASSA-PSS-params, whose default is SHA-1, which is not allowed.</summary>
    static HashAlgorithmName PssHash(AsnReader algorithm)
    {
        var parameters = algorithm.ReadSequence();
        var hash = parameters.HasData && parameters.PeekTag().HasSameClassAndValue(new Asn1Tag(TagClass.ContextSpecific, 0))
            ? parameters.ReadSequence(new Asn1Tag(TagClass.ContextSpecific, 0)).ReadSequence().ReadObjectIdentifier() : "SHA-1";
        return hash switch
        {
            "2.16.840.1.101.3.4.2.1" => HashAlgorithmName.SHA256,
            "2.16.840.1.101.3.4.2.2" => HashAlgorithmName.SHA384,
            "2.16.840.1.101.3.4.2.3" => HashAlgorithmName.SHA512,
            _ => throw new RejectedSignatureException($"a certificate is signed with RSASSA-PSS over {hash}: expected SHA-256, SHA-384 or SHA-512"),
        };
    }

    static string Shown(string text) => text.Length <= 200 ? text : text[..200] + "...";
}
