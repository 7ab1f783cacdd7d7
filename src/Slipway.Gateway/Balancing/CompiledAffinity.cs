using System.Buffers.Binary;
using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Splitting;
using Slipway.Model;

namespace Slipway.Gateway.Balancing;

/// <summary>
/// Which instance a client belongs to: a cookie whose value is the HMAC-SHA256 of the instance's identifier with the app's key, cut to 16 bytes, in
/// Base64url. It tells nothing of the instance, and only the app's gateways can make one. A dot, which no app's name has, keeps it apart from the cookies of splits.
/// </summary>
sealed class CompiledAffinity(AffinityPolicy source, AppName app, string service)
{
    const int TagLength = 16, TextLength = 22;

    readonly byte[] _key = Convert.FromBase64String(source.Key!);
    readonly string _name = $"slipway-{app}.{service}";

    readonly string _attributes =
        (source.Lifetime is { } time ? string.Create(CultureInfo.InvariantCulture, $"; Max-Age={(long)time.TotalSeconds}") : "") + "; Path=/; HttpOnly; SameSite=Lax";

    public UInt128 TagOf(string instance)
    {
        // "affinity": no tag is ever another cookie's signature.
        var hash = HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes("affinity" + instance));
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }

    /// <summary>What the request's cookie says; null: it has none, or one that can't be ours.</summary>
    public UInt128? Of(Exchange exchange)
    {
        var text = RequestCookies.Find(exchange.Request.Headers.Cookie, _name);
        if (text.Length != TextLength) return null;
        Span<byte> tag = stackalloc byte[TagLength];
        return Base64Url.IsValid(text, out var length) && length == TagLength && Base64Url.TryDecodeFromChars(text, tag, out _) ? BinaryPrimitives.ReadUInt128BigEndian(tag) : null;
    }

    /// <summary>Set-Cookie of the answer.</summary>
    public string Issue(UInt128 tag, Exchange exchange)
    {
        Span<byte> bytes = stackalloc byte[TagLength];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, tag);
        return $"{_name}={Base64Url.EncodeToString(bytes)}{_attributes}{(UserCookie.IsSecure(exchange) ? "; Secure" : "")}";
    }
}
