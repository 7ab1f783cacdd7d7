using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Server.Tests.Certificates;

/// <summary>A certificate from a root of the test, as a person has it in two files.</summary>
sealed record MadeCertificate(string Chain, string Key, string Serial, X509Certificate2 Root)
{
    public static MadeCertificate For(params string[] hosts) => Make(hosts);

    public static MadeCertificate Make(string[] hosts, DateTimeOffset? begin = null, DateTimeOffset? end = null, bool rsa = false, string usage = "1.3.6.1.5.5.7.3.1", int bits = 2048)
    {
        var (from, to) = (begin ?? DateTimeOffset.UtcNow.AddDays(-1), end ?? DateTimeOffset.UtcNow.AddDays(100));
        using var rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var rootRequest = new CertificateRequest("CN=Test Root", rootKey, HashAlgorithmName.SHA256);
        rootRequest.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var root = rootRequest.CreateSelfSigned(from.AddDays(-1000), to.AddDays(1000));

        AsymmetricAlgorithm key = rsa ? RSA.Create(bits) : ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using (key)
        {
            var request = key is RSA r ? new CertificateRequest("CN=leaf", r, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1) : new CertificateRequest("CN=leaf", (ECDsa)key, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            foreach (var host in hosts) names.AddDnsName(host);
            if (hosts.Length > 0) request.CertificateExtensions.Add(names.Build());
            request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
            using var leaf = request.Create(rootRequest.SubjectName, X509SignatureGenerator.CreateForECDsa(rootKey), from, to, RandomNumberGenerator.GetBytes(16));
            return new MadeCertificate(leaf.ExportCertificatePem() + "\n", key.ExportPkcs8PrivateKeyPem() + "\n", leaf.SerialNumber, root);
        }
    }
}
