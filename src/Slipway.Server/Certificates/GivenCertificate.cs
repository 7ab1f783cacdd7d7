using System.Formats.Asn1;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;
using Slipway.Model;

namespace Slipway.Server.Certificates;

/// <summary>A chain and a key as a person or an authority gave them, checked: they fit together, name hosts, and can be served now.</summary>
sealed partial record GivenCertificate(X509Certificate2 Leaf, IReadOnlyList<string> Hosts, string Chain, string Key)
{
    const int Longest = 64 << 10, MostHosts = 100, MostCertificates = 10;

    /// <exception cref="InvalidInputException">Something about it is wrong; everything that is.</exception>
    public static GivenCertificate Parse(string chain, string key, DateTimeOffset now)
    {
        var wrong = new List<Diagnostic>();
        var certificates = Certificates(chain, wrong);
        if (certificates is [var leaf, .. var above])
        {
            var hosts = HostsOf(leaf);
            CheckLeaf(leaf, hosts, now, wrong);
            CheckOrder(leaf, above, wrong);
            CheckKey(leaf, key, wrong);
            if (wrong.Count == 0) return new GivenCertificate(leaf, hosts, string.Concat(certificates.Select(one => one.ExportCertificatePem() + "\n")), key);
        }
        throw new InvalidInputException(wrong);
    }

    static List<X509Certificate2> Certificates(string chain, List<Diagnostic> wrong)
    {
        var found = new List<X509Certificate2>();
        if (chain.Length > Longest) Add(wrong, "chain", "The file is too large", $"at most {Longest} characters");
        else
        {
            try
            {
                for (var rest = chain.AsSpan(); found.Count <= MostCertificates && PemEncoding.TryFind(rest, out var fields); rest = rest[fields.Location.End..])
                {
                    // A file that holds both is common; the key is taken from where it was said to be.
                    if (rest[fields.Label] is "CERTIFICATE") found.Add(X509CertificateLoader.LoadCertificate(Convert.FromBase64String(rest[fields.Base64Data].ToString())));
                }
                if (found.Count == 0) Add(wrong, "chain", "There is no certificate in it", "PEM: the certificate, then those between it and a root");
                if (found.Count > MostCertificates) Add(wrong, "chain", $"There are more than {MostCertificates} certificates in it", "one certificate and those that lead to its root");
            }
            catch (CryptographicException)
            {
                Add(wrong, "chain", "One of its certificates can't be read", "X.509 certificates in PEM");
            }
        }
        return wrong.Count == 0 ? found : [];
    }

    /// <summary>Lower case, without addresses: clients name no address when they shake hands.</summary>
    static List<string> HostsOf(X509Certificate2 leaf)
    {
        try
        {
            return [.. leaf.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(names => names.EnumerateDnsNames()).Select(name => name.ToLowerInvariant()).Distinct()];
        }
        catch (Exception unreadable) when (unreadable is CryptographicException or AsnContentException)
        {
            return [];
        }
    }

    static void CheckLeaf(X509Certificate2 leaf, List<string> hosts, DateTimeOffset now, List<Diagnostic> wrong)
    {
        var (begins, ends) = (leaf.NotBefore.ToUniversalTime(), leaf.NotAfter.ToUniversalTime());
        if (hosts.Count == 0) Add(wrong, "chain", "The certificate names no host", "DNS names among its subject alternative names (browsers look nowhere else)");
        if (hosts.Count > MostHosts) Add(wrong, "chain", $"The certificate names {hosts.Count} hosts", $"at most {MostHosts}");
        foreach (var host in hosts.Where(host => !Host().IsMatch(host)).Take(MostHosts)) Add(wrong, "chain", $"The certificate is for '{host}', which is no host name", "like shop.example.com or *.example.com");
        if (ends <= now.UtcDateTime) Add(wrong, "chain", $"The certificate ended on {Day(ends)}", "one that is valid now");
        if (begins > now.UtcDateTime) Add(wrong, "chain", $"The certificate is not valid before {Day(begins)}", "one that is valid now");
        if (leaf.GetRSAPublicKey() is { KeySize: < 2048 } rsa) Add(wrong, "chain", $"Its RSA key has {rsa.KeySize} bits", "2048 or more");
        if (leaf.Extensions.OfType<X509EnhancedKeyUsageExtension>().FirstOrDefault() is { } usage && !usage.EnhancedKeyUsages.Cast<Oid>().Any(oid => oid.Value is "1.3.6.1.5.5.7.3.1" or "2.5.29.37.0"))
            Add(wrong, "chain", "The certificate is not for servers", "serverAuth among its extended key usages");
    }

    static void CheckOrder(X509Certificate2 leaf, IEnumerable<X509Certificate2> above, List<Diagnostic> wrong)
    {
        var below = leaf;
        foreach (var issuer in above)
        {
            if (!below.IssuerName.RawData.AsSpan().SequenceEqual(issuer.SubjectName.RawData))
                Add(wrong, "chain", $"'{Short(issuer)}' did not issue '{Short(below)}', which stands before it", "the certificate first, then each one's issuer");
            below = issuer;
        }
    }

    static void CheckKey(X509Certificate2 leaf, string key, List<Diagnostic> wrong)
    {
        const string Expected = "the private key of the certificate in PEM, not encrypted";
        if (key.Length > Longest) Add(wrong, "key", "The file is too large", $"at most {Longest} characters");
        else if (key.Contains("ENCRYPTED", StringComparison.Ordinal)) Add(wrong, "key", "The key is encrypted with a passphrase", Expected + " (openssl pkey -in FILE -out FILE takes it off)");
        else
        {
            // The message of what is thrown stays out: it is about a secret.
            try
            {
                AsymmetricAlgorithm own = leaf.GetRSAPublicKey() is not null ? RSA.Create() : ECDsa.Create();
                using (own) own.ImportFromPem(key);
            }
            catch (Exception unreadable) when (unreadable is CryptographicException or ArgumentException)
            {
                Add(wrong, "key", "There is no such key in it", Expected);
                return;
            }
            try
            {
                using var both = X509Certificate2.CreateFromPem(leaf.ExportCertificatePem(), key);
            }
            catch (Exception other) when (other is CryptographicException or ArgumentException)
            {
                Add(wrong, "key", $"The key does not belong to the certificate '{Short(leaf)}'", Expected);
            }
        }
    }

    static string Short(X509Certificate2 certificate) => certificate.GetNameInfo(X509NameType.SimpleName, forIssuer: false) is { Length: > 0 } name ? name : certificate.Subject;

    static string Day(DateTime time) => time.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    static void Add(List<Diagnostic> wrong, string key, string message, string expected) => wrong.Add(new Diagnostic { Key = key, Message = message, Expected = expected });

    /// <summary>Without the key.</summary>
    public override string ToString() => string.Join(", ", Hosts);

    [GeneratedRegex(@"^(\*\.)?[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Host();
}
