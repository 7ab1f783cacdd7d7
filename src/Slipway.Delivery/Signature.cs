using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Slipway.Delivery;

/// <summary>
/// How a receiver knows that a delivery is ours and new: Standard Webhooks 1.0.0 ("Symmetric signatures"). The signed text is
/// <c>webhook-id.webhook-timestamp.body</c>, the secret <c>whsec_</c> and base64 of 24 to 64 bytes.
/// </summary>
public static class Signature
{
    const string Prefix = "whsec_";

    /// <summary>What a secret looks like, for messages.</summary>
    public const string Expected = "whsec_ and base64 of 24 to 64 bytes; leave it out, and one is made";

    public static string NewSecret() => Prefix + Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public static bool IsSecret([NotNullWhen(true)] string? text) =>
        text is not null && text.StartsWith(Prefix, StringComparison.Ordinal)
        && Convert.TryFromBase64String(text[Prefix.Length..], new byte[text.Length], out var length) && length is >= 24 and <= 64;

    /// <summary>The three headers of a delivery.</summary>
    public static IEnumerable<(string Name, string Value)> Headers(string secret, string id, DateTimeOffset now, byte[] body)
    {
        var timestamp = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{id}.{timestamp}."), .. body];
        var signature = Convert.ToBase64String(HMACSHA256.HashData(Convert.FromBase64String(secret[Prefix.Length..]), signed));
        return [("webhook-id", id), ("webhook-timestamp", timestamp), ("webhook-signature", "v1," + signature)];
    }
}
