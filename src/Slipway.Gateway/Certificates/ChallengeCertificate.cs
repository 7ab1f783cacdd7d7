using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Slipway.Model;

namespace Slipway.Gateway.Certificates;

/// <summary>What a certificate authority finds that looks at a host by a handshake (RFC 8737, section 3): signed by itself, with the digest in it.</summary>
sealed class ChallengeCertificate(HandshakeChallenge source)
{
    /// <summary>In the place of a protocol of applications: nothing is spoken after the handshake.</summary>
    public const string Protocol = "acme-tls/1";

    /// <summary>id-pe-acmeIdentifier.</summary>
    const string Identifier = "1.3.6.1.5.5.7.1.31";

    readonly Lazy<SslServerAuthenticationOptions> _options = new(() => Make(source));

    public HandshakeChallenge Source => source;

    public SslServerAuthenticationOptions Options => _options.Value;

    static SslServerAuthenticationOptions Make(HandshakeChallenge source)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=ACME challenge", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(source.Host);
        request.CertificateExtensions.Add(names.Build());
        // An OCTET STRING of 32 bytes, critical.
        request.CertificateExtensions.Add(new X509Extension(Identifier, [0x04, 0x20, .. Convert.FromBase64String(source.Digest)], critical: true));
        var now = DateTimeOffset.UtcNow;
        var certificate = request.CreateSelfSigned(now.AddHours(-1), now.AddDays(1));
        return new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
            ApplicationProtocols = [new SslApplicationProtocol(Protocol)],
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            AllowRenegotiation = false,
        };
    }
}

/// <summary>On a connection that is such a look.</summary>
sealed record ChallengeFeature(ChallengeCertificate Certificate);
