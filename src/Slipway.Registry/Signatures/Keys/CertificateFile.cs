using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Model;

namespace Slipway.Registry.Signatures.Keys;

/// <summary>The certificates of a PEM file that a person gives as trusted: usually a root.</summary>
static class CertificateFile
{
    const int Most = 16;

    /// <exception cref="InvalidInputException">It is no such file.</exception>
    public static IReadOnlyList<X509Certificate2> Parse(string pem)
    {
        var found = new List<X509Certificate2>();
        try
        {
            for (var rest = pem.AsSpan(); PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
            {
                var label = rest[fields.Label].ToString();
                if (label.Contains("PRIVATE KEY", StringComparison.Ordinal)) throw Wrong("has a private key, which belongs to who signs alone");
                if (label == "PUBLIC KEY") throw Wrong("is a public key (those are given as --key)");
                if (label != "CERTIFICATE") throw Wrong($"has a '{(label.Length <= 40 ? label : label[..40])}'");
                if (found.Count == Most) throw Wrong($"has more than {Most} certificates");
                found.Add(X509CertificateLoader.LoadCertificate(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
            }
        }
        catch (CryptographicException)
        {
            throw Wrong("has bytes that are no certificate");
        }
        return found.Count > 0 ? found : throw Wrong("is no PEM file");

        static InvalidInputException Wrong(string what) => new(new Diagnostic { Message = $"The certificate file {what}", Key = "certificate", Expected = "a PEM file with one or more X.509 certificates" });
    }

    public static string ToPem(IEnumerable<X509Certificate2> certificates) => string.Concat(certificates.Select(certificate => certificate.ExportCertificatePem() + "\n"));
}
