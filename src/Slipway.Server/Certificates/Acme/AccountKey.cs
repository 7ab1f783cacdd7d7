using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Server.Certificates.Acme;

/// <summary>The key of an account: signs what is sent (JWS, RFC 7515, with ES256), and answers challenges.</summary>
sealed class AccountKey : IDisposable
{
    readonly ECDsa _key;

    AccountKey(ECDsa key)
    {
        _key = key;
        var point = key.ExportParameters(false).Q;
        // The order of its members is that of RFC 7638, section 3.2.
        Jwk = $$"""{"crv":"P-256","kty":"EC","x":"{{Base64Url.EncodeToString(point.X)}}","y":"{{Base64Url.EncodeToString(point.Y)}}"}""";
        Thumbprint = Base64Url.EncodeToString(SHA256.HashData(Encoding.ASCII.GetBytes(Jwk)));
    }

    public string Jwk { get; }

    public string Thumbprint { get; }

    public static AccountKey Make() => new(ECDsa.Create(ECCurve.NamedCurves.nistP256));

    public static AccountKey FromPem(string pem)
    {
        var key = ECDsa.Create();
        key.ImportFromPem(pem);
        return new AccountKey(key);
    }

    public string ToPem() => _key.ExportPkcs8PrivateKeyPem();

    /// <summary>What a challenge is answered with (RFC 8555, section 8.1).</summary>
    public string Answer(string token) => $"{token}.{Thumbprint}";

    /// <summary>A flattened JWS (RFC 8555, section 6.2).</summary>
    /// <param name="account">The account's URL; null: not known yet, and the key stands in its place.</param>
    /// <param name="payload">JSON; empty: a read (POST-as-GET, section 6.3).</param>
    public byte[] Sign(string url, string nonce, string? account, string payload)
    {
        return Encoding.ASCII.GetBytes(Jws.Make(
            header =>
            {
                header.WriteString("alg", "ES256");
                header.WriteString("nonce", nonce);
                header.WriteString("url", url);
                if (account is not null) header.WriteString("kid", account);
                else
                {
                    header.WritePropertyName("jwk");
                    header.WriteRawValue(Jwk);
                }
            },
            payload,
            signed => _key.SignData(signed, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation)));
    }

    public void Dispose() => _key.Dispose();
}
