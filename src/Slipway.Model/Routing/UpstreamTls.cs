using System.Globalization;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Slipway.Model;

/// <summary>What TLS to an instance is begun with. One for requests and for probes: what a probe lets pass, requests must not trip over.</summary>
public static class UpstreamTls
{
    /// <summary>Certificates of PEM text; empty: it holds none that can be read.</summary>
    public static X509Certificate2Collection Authorities(string pem)
    {
        var certificates = new X509Certificate2Collection();
        try
        {
            certificates.ImportFromPem(pem);
        }
        catch (CryptographicException)
        {
            certificates.Clear();
        }
        return certificates;
    }

    /// <param name="protocol">Speaks TLS.</param>
    /// <param name="http2">Whether HTTP/2 may be spoken; where it must be, nothing else is offered.</param>
    /// <param name="wrong">Told, for people, why a certificate is refused.</param>
    public static SslClientAuthenticationOptions Options(UpstreamProtocol protocol, bool http2, Action<string> wrong)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = protocol.ServerName ?? "",
            ApplicationProtocols = !http2 ? [SslApplicationProtocol.Http11] : protocol.IsHttp2Only ? [SslApplicationProtocol.Http2] : [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11],
            // Inside of a machine or a cluster lists of revoked certificates are out of reach.
            CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        };
        if (protocol.Trust == UpstreamTrust.Authorities)
        {
            options.CertificateChainPolicy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck, DisableCertificateDownloads = true };
            options.CertificateChainPolicy.CustomTrustStore.AddRange(Authorities(protocol.Authorities ?? ""));
        }
        options.RemoteCertificateValidationCallback = (_, certificate, chain, errors) =>
        {
            // The one who wrote the file said so: inside of one machine's network, encrypted is better than not.
            if (errors == SslPolicyErrors.None || protocol.Trust == UpstreamTrust.None) return true;
            wrong(Explain(protocol, certificate as X509Certificate2, chain, errors));
            return false;
        };
        return options;
    }

    static string Explain(UpstreamProtocol protocol, X509Certificate2? certificate, X509Chain? chain, SslPolicyErrors errors)
    {
        if (certificate is null) return "the instance has no certificate";
        var now = DateTime.Now;
        var reasons = new List<string>();
        if (errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch)) reasons.Add($"its certificate is for {Names(certificate)}, not for '{protocol.ServerName}' (tls: server-name)");
        if (now > certificate.NotAfter) reasons.Add(string.Create(CultureInfo.InvariantCulture, $"its certificate has expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd HH:mm}Z"));
        else if (now < certificate.NotBefore) reasons.Add(string.Create(CultureInfo.InvariantCulture, $"its certificate is valid only from {certificate.NotBefore.ToUniversalTime():yyyy-MM-dd HH:mm}Z on"));
        else if (errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors))
        {
            var status = chain?.ChainStatus.Select(s => s.Status).Aggregate(X509ChainStatusFlags.NoError, (all, one) => all | one) ?? X509ChainStatusFlags.NoError;
            reasons.Add((status & (X509ChainStatusFlags.UntrustedRoot | X509ChainStatusFlags.PartialChain)) != 0
                ? $"its certificate is of '{certificate.Issuer}', which is not trusted (tls: verify)" : $"its certificate is not valid ({status})");
        }
        return string.Join("; ", reasons);
    }

    static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().SelectMany(e => e.EnumerateDnsNames()).ToList();
        return names.Count == 0 ? $"no name ({certificate.Subject})" : string.Join(", ", names.Select(n => $"'{n}'"));
    }
}
