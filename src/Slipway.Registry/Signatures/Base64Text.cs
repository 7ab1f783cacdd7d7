using System.Buffers.Text;

namespace Slipway.Registry.Signatures;

/// <summary>Base64 in signatures: what is none is a reason, never a crash.</summary>
static class Base64Text
{
    /// <exception cref="RejectedSignatureException">It is none.</exception>
    public static byte[] Decode(string? text, string what)
    {
        var bytes = new byte[(text?.Length ?? 0) / 4 * 3 + 3];
        return text is not null && Convert.TryFromBase64String(text, bytes, out var length) && length > 0 ? bytes[..length] : throw new RejectedSignatureException($"its {what} is no base64");
    }

    /// <summary>RFC 4648, section 5, without padding, as JWS has it.</summary>
    /// <exception cref="RejectedSignatureException">It is none.</exception>
    public static byte[] DecodeUrl(string? text, string what)
    {
        if (text is not { Length: > 0 } || text.Contains('=', StringComparison.Ordinal) || !Base64Url.IsValid(text))
            throw new RejectedSignatureException($"its {what} is no base64url");
        return Base64Url.DecodeFromChars(text);
    }
}
