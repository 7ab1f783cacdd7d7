using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Slipway.Registry.Signatures.Notation;

/// <summary>Notary Project, specs/signature-envelope-jws.md.</summary>
static class JwsEnvelope
{
    static readonly JsonDocumentOptions Strict = new() { MaxDepth = 8, AllowDuplicateProperties = false };

    /// <exception cref="RejectedSignatureException">It is none.</exception>
    public static NotationEnvelope Read(ReadOnlySpan<byte> content)
    {
        try
        {
            var document = JsonSerializer.Deserialize(content, SignatureJson.Default.JwsDocument) ?? throw new RejectedSignatureException("it is no JWS envelope");
            var header = Base64Text.DecodeUrl(document.Protected, "protected header");
            using var parsed = JsonDocument.Parse(header, Strict);
            var root = parsed.RootElement;
            if (root.ValueKind != JsonValueKind.Object) throw new RejectedSignatureException("its protected header is no object");
            return new NotationEnvelope
            {
                Algorithm = Text(root, "alg") ?? "",
                ContentType = Text(root, "cty"),
                Scheme = Text(root, NotationEnvelope.SchemeHeader),
                SigningTime = Time(root, NotationEnvelope.TimeHeader),
                Expiry = Time(root, NotationEnvelope.ExpiryHeader),
                Critical = CriticalOf(root),
                Chain = NotationEnvelope.ReadChain([.. (document.Header?.Certificates ?? []).Select(text => Base64Text.Decode(text, "certificate"))]),
                Payload = Base64Text.DecodeUrl(document.Payload, "payload"),
                Signed = Encoding.ASCII.GetBytes($"{document.Protected}.{document.Payload}"),
                Signature = Base64Text.DecodeUrl(document.Signature, "signature"),
            };
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // InvalidOperationException: half of a surrogate pair, an escape that stands for no character.
            throw new RejectedSignatureException("it is no JWS envelope in JSON");
        }
    }

    static List<string> CriticalOf(JsonElement header)
    {
        if (!header.TryGetProperty("crit", out var critical) || critical.ValueKind != JsonValueKind.Array)
            throw new RejectedSignatureException("its protected header has no 'crit'");
        var names = critical.EnumerateArray().Select(name => name.ValueKind == JsonValueKind.String ? name.GetString()! : throw new RejectedSignatureException("its 'crit' has more than texts")).ToList();
        // RFC 7515, section 4.1.11.
        foreach (var name in names)
            if (!header.TryGetProperty(name, out _))
                throw new RejectedSignatureException($"its 'crit' names '{Cosign.CosignVerifier.Shown(name)}', which is not in the header");
        return names;
    }

    static string? Text(JsonElement header, string name) =>
        !header.TryGetProperty(name, out var value) ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw new RejectedSignatureException($"its header '{name}' is no text");

    static DateTimeOffset? Time(JsonElement header, string name)
    {
        if (Text(header, name) is not { } text) return null;
        // RFC 3339, which is narrower than what .NET reads.
        return text.Length is >= 20 and <= 40 && text[10] is 'T' or 't' && DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time)
            ? time : throw new RejectedSignatureException($"its header '{name}' is no time of RFC 3339");
    }
}
