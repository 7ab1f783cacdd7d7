using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Model;

namespace Slipway.Gateway.Certificates;

/// <summary>One certificate, ready for handshakes. What only a handshake needs is made at the first one: of thousands few are ever asked for.</summary>
sealed class ServerCertificate
{
    static readonly List<SslApplicationProtocol> Protocols = [SslApplicationProtocol.Http2, SslApplicationProtocol.Http11];

    readonly Lazy<SslServerAuthenticationOptions> _options;

    ServerCertificate(ServedCertificate source) => (Source, _options) = (source, new(Prepare));

    public ServedCertificate Source { get; }

    public SslServerAuthenticationOptions Options => _options.Value;

    /// <exception cref="InvalidInputException">It is no certificate with its key.</exception>
    public static ServerCertificate Load(ServedCertificate source)
    {
        try
        {
            using var both = X509Certificate2.CreateFromPem(source.Chain, source.Key);
            return new ServerCertificate(source);
        }
        catch (Exception wrong) when (wrong is CryptographicException or ArgumentException)
        {
            throw new InvalidInputException(new Diagnostic { Key = "certificates", Message = $"the certificate '{source.Name}' can't be served with: {wrong.Message}", Expected = "a certificate and the private key that belongs to it, both in PEM" });
        }
    }

    public bool IsSame(ServedCertificate other) => Source.Chain == other.Chain && Source.Key == other.Key;

    SslServerAuthenticationOptions Prepare()
    {
        var leaf = X509Certificate2.CreateFromPem(Source.Chain, Source.Key);
        var chain = new X509Certificate2Collection();
        chain.ImportFromPem(Source.Chain);
        chain.RemoveAt(0);
        return new SslServerAuthenticationOptions
        {
            // Offline: what a client needs stands in the chain, and no handshake waits for somebody else's server.
            ServerCertificateContext = SslStreamCertificateContext.Create(leaf, chain, offline: true),
            ApplicationProtocols = Protocols,
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            ClientCertificateRequired = false,
            AllowRenegotiation = false,
        };
    }
}
