using System.Formats.Cbor;
using System.Security.Cryptography;

namespace Slipway.Registry.Signatures.Notation;

/// <summary>Notary Project, specs/signature-envelope-cose.md: COSE_Sign1_Tagged (RFC 9052, section 4.2).</summary>
static class CoseEnvelope
{
    const int Sign1Tag = 18;
    const int MaxHeaders = 64;

    /// <exception cref="RejectedSignatureException">It is none.</exception>
    public static NotationEnvelope Read(ReadOnlyMemory<byte> content)
    {
        try
        {
            var reader = new CborReader(content, CborConformanceMode.Strict);
            if (reader.ReadTag() != (CborTag)Sign1Tag) throw new RejectedSignatureException("it is no COSE_Sign1");
            if (reader.ReadStartArray() != 4) throw new RejectedSignatureException("it is no COSE_Sign1 of four parts");
            var header = reader.ReadByteString();
            var chain = ReadUnprotected(reader);
            var payload = reader.ReadByteString();
            var signature = reader.ReadByteString();
            reader.ReadEndArray();
            if (reader.BytesRemaining > 0) throw new RejectedSignatureException("it has bytes behind its end");
            return ReadProtected(header) with { Chain = NotationEnvelope.ReadChain(chain), Payload = payload, Signature = signature, Signed = ToBeSigned(header, payload) };
        }
        catch (Exception wrong) when (wrong is CborContentException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new RejectedSignatureException("it is no well-formed COSE_Sign1");
        }
    }

    static NotationEnvelope ReadProtected(byte[] header)
    {
        var reader = new CborReader(header, CborConformanceMode.Strict);
        var (algorithm, type, scheme) = ("", (string?)null, (string?)null);
        DateTimeOffset? time = null, expiry = null;
        List<string>? critical = null;
        var names = new HashSet<string>(StringComparer.Ordinal);
        StartMap(reader);
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            var label = Label(reader);
            names.Add(label);
            switch (label)
            {
                case "1": algorithm = AlgorithmOf(reader.ReadInt32()); break;
                case "2": critical = ReadCritical(reader); break;
                case "3": type = reader.ReadTextString(); break;
                case NotationEnvelope.SchemeHeader: scheme = reader.ReadTextString(); break;
                case NotationEnvelope.TimeHeader: time = reader.ReadUnixTimeSeconds(); break;
                case NotationEnvelope.ExpiryHeader: expiry = reader.ReadUnixTimeSeconds(); break;
                default: reader.SkipValue(); break;
            }
        }
        reader.ReadEndMap();
        if (reader.BytesRemaining > 0) throw new RejectedSignatureException("its protected header has bytes behind its end");
        if (critical is null) throw new RejectedSignatureException("its protected header has no 'crit'");
        if (critical.FirstOrDefault(name => !names.Contains(name)) is { } missing)
            throw new RejectedSignatureException($"its 'crit' names '{Cosign.CosignVerifier.Shown(missing)}', which is not in the header");
        return new NotationEnvelope
        {
            Algorithm = algorithm,
            ContentType = type,
            Scheme = scheme,
            SigningTime = time,
            Expiry = expiry,
            Critical = critical,
            Chain = [],
            Payload = [],
            Signed = [],
            Signature = [],
        };
    }

    static List<byte[]> ReadUnprotected(CborReader reader)
    {
        var chain = new List<byte[]>();
        StartMap(reader);
        while (reader.PeekState() != CborReaderState.EndMap)
        {
            // x5chain (RFC 9360): one byte string, or an array of them.
            if (Label(reader) != "33") reader.SkipValue();
            else if (reader.PeekState() == CborReaderState.ByteString) chain.Add(reader.ReadByteString());
            else
            {
                reader.ReadStartArray();
                while (reader.PeekState() != CborReaderState.EndArray)
                {
                    if (chain.Count > NotationEnvelope.MaxChain)
                        throw new RejectedSignatureException($"it has more than {NotationEnvelope.MaxChain} certificates");
                    chain.Add(reader.ReadByteString());
                }
                reader.ReadEndArray();
            }
        }
        reader.ReadEndMap();
        return chain;
    }

    static List<string> ReadCritical(CborReader reader)
    {
        var names = new List<string>();
        if (reader.ReadStartArray() is > MaxHeaders) throw new RejectedSignatureException("its 'crit' is too long");
        while (reader.PeekState() != CborReaderState.EndArray && names.Count <= MaxHeaders) names.Add(Label(reader));
        reader.ReadEndArray();
        return names;
    }

    static void StartMap(CborReader reader)
    {
        if (reader.ReadStartMap() is > MaxHeaders) throw new RejectedSignatureException($"it has more than {MaxHeaders} headers");
    }

    /// <summary>Labels are integers or texts; both as text, which can't meet: none of the texts that matter is a number.</summary>
    static string Label(CborReader reader) => reader.PeekState() == CborReaderState.TextString ? reader.ReadTextString() is var text && long.TryParse(text, out _) ? $"'{text}'" : text
        : reader.ReadInt64().ToString(System.Globalization.CultureInfo.InvariantCulture);

    static string AlgorithmOf(int label) => label switch
    {
        -37 => "PS256",
        -38 => "PS384",
        -39 => "PS512",
        -7 => "ES256",
        -35 => "ES384",
        -36 => "ES512",
        _ => label.ToString(System.Globalization.CultureInfo.InvariantCulture),
    };

    /// <summary>Sig_structure (RFC 9052, section 4.4).</summary>
    static byte[] ToBeSigned(byte[] header, byte[] payload)
    {
        var writer = new CborWriter(CborConformanceMode.Canonical);
        writer.WriteStartArray(4);
        writer.WriteTextString("Signature1");
        writer.WriteByteString(header);
        writer.WriteByteString([]);
        writer.WriteByteString(payload);
        writer.WriteEndArray();
        return writer.Encode();
    }
}
