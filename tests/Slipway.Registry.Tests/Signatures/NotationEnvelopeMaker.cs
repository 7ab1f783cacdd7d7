using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Slipway.Registry.Tests.Signatures;

/// <summary>Envelopes as notation makes them, and ones that it would not.</summary>
sealed record NotationEnvelopeMaker
{
    const string PayloadType = "application/vnd.cncf.notary.payload.v1+json";
    const string Prefix = "io.cncf.notary.";

    public required OpenSsl Ssl { get; init; }

    public required OpenSsl.Key Key { get; init; }

    public required IReadOnlyList<byte[]> Chain { get; init; }

    public required byte[] Payload { get; init; }

    public string? Algorithm { get; init; }

    public string ContentType { get; init; } = PayloadType;

    public string? Scheme { get; init; } = "notary.x509";

    public DateTimeOffset? SigningTime { get; init; } = DateTimeOffset.UtcNow;

    public DateTimeOffset? Expiry { get; init; }

    public IReadOnlyList<string>? Critical { get; init; }

    /// <summary>One more header, whatever it means.</summary>
    public string? Extra { get; init; }

    public static byte[] PayloadOf(string digest, long size, string mediaType = Client.OciImage) => Encoding.UTF8.GetBytes(
        $$$"""{"targetArtifact":{"mediaType":"{{{mediaType}}}","digest":"{{{digest}}}","size":{{{size.ToString(CultureInfo.InvariantCulture)}}},"annotations":{"buildId":"123"} } }""");

    IReadOnlyList<string> CriticalHeaders => Critical ?? [Prefix + "signingScheme", .. Expiry is null ? Array.Empty<string>() : [Prefix + "expiry"]];

    string NaturalAlgorithm => Key.Kind switch { "P-256" => "ES256", "P-384" => "ES384", "P-521" => "ES512", "RSA-2048" => "PS256", "RSA-3072" => "PS384", _ => "PS512" };

    public byte[] Jws(Action<JsonObject>? change = null)
    {
        var header = new JsonObject { ["alg"] = Algorithm ?? NaturalAlgorithm, ["cty"] = ContentType, ["crit"] = new JsonArray([.. CriticalHeaders.Select(name => (JsonNode?)name)]) };
        if (Scheme is not null) header[Prefix + "signingScheme"] = Scheme;
        if (SigningTime is { } signed) header[Prefix + "signingTime"] = Rfc3339(signed);
        if (Expiry is { } expiry) header[Prefix + "expiry"] = Rfc3339(expiry);
        if (Extra is not null) header[Extra] = "x";
        var (protectedText, payload) = (Base64Url.EncodeToString(Encoding.UTF8.GetBytes(header.ToJsonString())), Base64Url.EncodeToString(Payload));
        var envelope = new JsonObject
        {
            ["payload"] = payload,
            ["protected"] = protectedText,
            ["header"] = new JsonObject { ["x5c"] = new JsonArray([.. Chain.Select(certificate => (JsonNode?)Convert.ToBase64String(certificate))]), [Prefix + "signingAgent"] = "notation/1.3.0" },
            ["signature"] = Base64Url.EncodeToString(Ssl.SignFixed(Key, Encoding.ASCII.GetBytes($"{protectedText}.{payload}"))),
        };
        change?.Invoke(envelope);
        return Encoding.UTF8.GetBytes(envelope.ToJsonString());
    }

    /// <param name="payload">In place of what was signed.</param>
    public byte[] Cose(byte[]? payload = null)
    {
        var algorithm = Algorithm is null ? NaturalAlgorithm switch { "ES256" => -7, "ES384" => -35, "ES512" => -36, "PS256" => -37, "PS384" => -38, _ => -39 } : int.Parse(Algorithm, CultureInfo.InvariantCulture);
        List<(byte[], byte[])> header =
        [
            (Cbor.Integer(1), Cbor.Integer(algorithm)), (Cbor.Integer(2), Cbor.Array([.. CriticalHeaders.Select(Cbor.Text)])), (Cbor.Integer(3), Cbor.Text(ContentType)),
        ];
        if (Scheme is not null) header.Add((Cbor.Text(Prefix + "signingScheme"), Cbor.Text(Scheme)));
        if (SigningTime is { } signed) header.Add((Cbor.Text(Prefix + "signingTime"), Cbor.Time(signed)));
        if (Expiry is { } expiry) header.Add((Cbor.Text(Prefix + "expiry"), Cbor.Time(expiry)));
        if (Extra is not null) header.Add((Cbor.Text(Extra), Cbor.Text("x")));
        var encoded = Cbor.Map([.. header]);
        var signature = Ssl.SignFixed(Key, Cbor.Array(Cbor.Text("Signature1"), Cbor.Bytes(encoded), Cbor.Bytes([]), Cbor.Bytes(Payload)));
        var open = Cbor.Map((Cbor.Integer(33), Cbor.Array([.. Chain.Select(Cbor.Bytes)])), (Cbor.Text(Prefix + "signingAgent"), Cbor.Text("notation/1.3.0")));
        return Cbor.Tag(18, Cbor.Array(Cbor.Bytes(encoded), open, Cbor.Bytes(payload ?? Payload), Cbor.Bytes(signature)));
    }

    static string Rfc3339(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
