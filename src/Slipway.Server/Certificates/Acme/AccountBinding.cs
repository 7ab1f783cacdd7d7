using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace Slipway.Server.Certificates.Acme;

/// <summary>An account that an authority knows already, which the one of ACME is bound to (RFC 8555, section 7.3.4).</summary>
/// <param name="key">For HMAC-SHA256.</param>
sealed class AccountBinding(string id, byte[] key)
{
    public string Id => id;

    /// <param name="text">base64url.</param>
    public static byte[]? KeyOf(string text) => Base64Url.IsValid(text, out var length) && length > 0 ? Base64Url.DecodeFromChars(text) : null;

    /// <summary>The key of the ACME account, signed with that of the other one: a JWS as JSON.</summary>
    public string Sign(string newAccount, string jwk)
    {
        var header = new MemoryStream();
        using (var json = new Utf8JsonWriter(header))
        {
            json.WriteStartObject();
            json.WriteString("alg", "HS256");
            json.WriteString("kid", id);
            json.WriteString("url", newAccount);
            json.WriteEndObject();
        }
        var (head, body) = (Base64Url.EncodeToString(header.ToArray()), Base64Url.EncodeToString(Encoding.UTF8.GetBytes(jwk)));
        var signature = HMACSHA256.HashData(key, Encoding.ASCII.GetBytes($"{head}.{body}"));
        return $$"""{"protected":"{{head}}","payload":"{{body}}","signature":"{{Base64Url.EncodeToString(signature)}}"}""";
    }
}
