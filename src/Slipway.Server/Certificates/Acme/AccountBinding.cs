using System.Buffers.Text;
using System.Security.Cryptography;

namespace Slipway.Server.Certificates.Acme;

/// <summary>An account that an authority knows already, which the one of ACME is bound to (RFC 8555, section 7.3.4).</summary>
/// <param name="key">For HMAC-SHA256.</param>
sealed class AccountBinding(string id, byte[] key)
{
    /// <param name="text">base64url.</param>
    public static byte[]? KeyOf(string text) => Base64Url.IsValid(text, out var length) && length > 0 ? Base64Url.DecodeFromChars(text) : null;

    /// <summary>The key of the ACME account, signed with that of the other one: a JWS as JSON.</summary>
    public string Sign(string newAccount, string jwk) => Jws.Make(
        header =>
        {
            header.WriteString("alg", "HS256");
            header.WriteString("kid", id);
            header.WriteString("url", newAccount);
        },
        jwk,
        signed => HMACSHA256.HashData(key, signed));
}
