using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Model;

namespace Slipway.Gateway.Tests.Certificates;

/// <summary>A root with an intermediate below it, as public authorities have them.</summary>
sealed class TestAuthority
{
    static readonly DateTimeOffset Begin = DateTimeOffset.UtcNow.AddDays(-1), End = DateTimeOffset.UtcNow.AddDays(100);

    readonly X509Certificate2 _intermediate;

    public TestAuthority()
    {
        Root = Authority("CN=Test Root").CreateSelfSigned(Begin, End);
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        _intermediate = Authority("CN=Test Intermediate", key).Create(Root, Begin, End, RandomNumberGenerator.GetBytes(16)).CopyWithPrivateKey(key);
    }

    public X509Certificate2 Root { get; }

    public ServedCertificate Issue(string name, params string[] hosts)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={hosts[0]}", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var host in hosts) names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        using var leaf = request.Create(_intermediate, Begin, End, RandomNumberGenerator.GetBytes(16));
        return new ServedCertificate
        {
            Name = name,
            Hosts = hosts,
            Chain = leaf.ExportCertificatePem() + "\n" + _intermediate.ExportCertificatePem() + "\n",
            Key = key.ExportPkcs8PrivateKeyPem(),
        };
    }

    static CertificateRequest Authority(string name, ECDsa? key = null)
    {
        var request = new CertificateRequest(name, key ?? ECDsa.Create(ECCurve.NamedCurves.nistP256), HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        request.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        return request;
    }
}
