using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Forwarding;
using Slipway.Model;

namespace Slipway.Gateway.Splitting;

/// <summary>
/// Tells one browser from another for as long as releases share its app's routes: 16 random bytes and their HMAC-SHA256, cut to 16 bytes
/// (RFC 2104, section 5), both in Base64url. It holds nothing of the person. One that this app's key did not sign is replaced.
/// </summary>
sealed class UserCookie(AppName app, byte[] key)
{
    public const int UserLength = 16;

    const int SignatureLength = 16;

    const int MostLooks = 8;

    // Of Base64url without padding: 22 characters for each 16 bytes.
    const int PartLength = 22;

    // Longer than any rollout, so that nobody goes back because a cookie ended.
    const string Attributes = "; Max-Age=2592000; Path=/; HttpOnly; SameSite=Lax";

    readonly string _start = $"slipway-{app}=";

    /// <summary>The user whose cookie the request brings, else a new one, whose cookie goes out with the answer.</summary>
    public UInt128 UserOf(Exchange exchange)
    {
        if (Known(exchange) is { } known) return known;
        // Kept for the request: it may be assigned once more, by a newer table or after a refusal, and is the same user then.
        var user = exchange.NewUser ??= BinaryPrimitives.ReadUInt128BigEndian(RandomNumberGenerator.GetBytes(UserLength));
        exchange.Cookie = Issue(user, IsSecure(exchange));
        return user;
    }

    /// <summary>The user whose cookie the request brings, else null.</summary>
    public UInt128? Known(Exchange exchange)
    {
        foreach (var header in exchange.Request.Headers.Cookie)
            if (header is not null && Find(header) is { } known) return known;
        return null;
    }

    UInt128? Find(string header)
    {
        // More than one of that name, because somebody else on the domain may have set one too; not any number of them, because each costs a hash.
        var looks = MostLooks;
        for (var at = header.IndexOf(_start, StringComparison.Ordinal); at >= 0 && looks > 0; at = header.IndexOf(_start, at + 1, StringComparison.Ordinal))
        {
            if (at > 0 && header[at - 1] is not (' ' or ';')) continue;
            looks--;
            var value = header.AsSpan(at + _start.Length);
            if (value.IndexOf(';') is >= 0 and var end) value = value[..end];
            if (TryRead(value.TrimEnd(), out var user)) return user;
        }
        return null;
    }

    bool TryRead(ReadOnlySpan<char> value, out UInt128 user)
    {
        user = default;
        if (value.Length != 2 * PartLength + 1 || value[PartLength] != '.') return false;
        Span<byte> id = stackalloc byte[UserLength], given = stackalloc byte[SignatureLength], right = stackalloc byte[SignatureLength];
        if (!TryDecode(value[..PartLength], id) || !TryDecode(value[(PartLength + 1)..], given)) return false;
        Sign(id, right);
        if (!CryptographicOperations.FixedTimeEquals(given, right)) return false;
        user = BinaryPrimitives.ReadUInt128BigEndian(id);
        return true;
    }

    static bool TryDecode(ReadOnlySpan<char> text, Span<byte> bytes) =>
        Base64Url.IsValid(text, out var length) && length == bytes.Length && Base64Url.TryDecodeFromChars(text, bytes, out var written) && written == bytes.Length;

    string Issue(UInt128 user, bool secure)
    {
        Span<byte> id = stackalloc byte[UserLength], signature = stackalloc byte[SignatureLength];
        BinaryPrimitives.WriteUInt128BigEndian(id, user);
        Sign(id, signature);
        return $"{_start}{Base64Url.EncodeToString(id)}.{Base64Url.EncodeToString(signature)}{Attributes}{(secure ? "; Secure" : "")}";
    }

    void Sign(ReadOnlySpan<byte> id, Span<byte> signature)
    {
        Span<byte> text = stackalloc byte[4 + UserLength], hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        "user"u8.CopyTo(text);
        id.CopyTo(text[4..]);
        HMACSHA256.HashData(key, text, hash);
        hash[..SignatureLength].CopyTo(signature);
    }

    /// <summary>By TLS to here, or to a proxy before us. Who only claims that makes his own browser more careful.</summary>
    public static bool IsSecure(Exchange exchange) =>
        exchange.Request.Scheme == "https" || exchange.Request.Headers["X-Forwarded-Proto"].ToString().Equals("https", StringComparison.OrdinalIgnoreCase);
}
