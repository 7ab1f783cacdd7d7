using System.Buffers.Binary;
using System.Text;

namespace Slipway.Gateway.Listening;

/// <summary>What a client says first of itself (RFC 8446, section 4.1.2), as far as it is of interest before a handshake.</summary>
/// <param name="Host">The name it asks for (RFC 6066, section 3); null where it names none.</param>
/// <param name="Protocols">Those that it speaks (RFC 7301, section 3.1).</param>
sealed record ClientHello(string? Host, IReadOnlyList<string> Protocols)
{
    const int RecordHeader = 5, Handshake = 22, Hello = 1, ServerName = 0, Alpn = 16;

    /// <summary>How many bytes the first record has with its header; null: too few to say; 0: it is none of TLS.</summary>
    public static int? LengthOf(ReadOnlySpan<byte> begin) =>
        begin.Length > 0 && begin[0] != Handshake ? 0 : begin.Length < RecordHeader ? null : RecordHeader + BinaryPrimitives.ReadUInt16BigEndian(begin[3..]);

    /// <param name="record">The first record, whole.</param>
    /// <returns>Null where it holds no whole hello; the handshake itself will say what is wrong.</returns>
    public static ClientHello? Read(ReadOnlySpan<byte> record)
    {
        var rest = new Cursor(record[RecordHeader..]);
        if (rest.Byte() != Hello || rest.Vector(3) is not { Failed: false } hello) return null;
        hello.Skip(2 + 32);
        hello.Vector(1);
        hello.Vector(2);
        hello.Vector(1);
        var extensions = hello.Vector(2);
        var (host, protocols) = (default(string), new List<string>());
        while (!extensions.IsEmpty)
        {
            var type = extensions.Number();
            var content = extensions.Vector(2);
            switch (type)
            {
                case ServerName:
                    for (var names = content.Vector(2); !names.IsEmpty;)
                        if (names.Byte() == 0) host = names.Vector(2).Text();
                        else names.Vector(2);
                    break;
                case Alpn:
                    for (var names = content.Vector(2); !names.IsEmpty;) protocols.Add(names.Vector(1).Text());
                    break;
            }
        }
        return hello.Failed || extensions.Failed ? null : new ClientHello(host, protocols);
    }

    /// <summary>Reads what lengths stand before. What is not there is empty, and marks it as failed.</summary>
    ref struct Cursor(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> _rest = bytes;

        public bool Failed { get; private set; }

        public readonly bool IsEmpty => _rest.IsEmpty;

        public int Byte() => Take(1) is [var one] ? one : -1;

        public int Number() => Take(2) is { Length: 2 } two ? BinaryPrimitives.ReadUInt16BigEndian(two) : -1;

        public void Skip(int count) => Take(count);

        public Cursor Vector(int lengthBytes)
        {
            var length = 0;
            foreach (var one in Take(lengthBytes)) length = (length << 8) | one;
            var content = new Cursor(Take(length));
            content.Failed = Failed;
            return content;
        }

        public readonly string Text() => Encoding.Latin1.GetString(_rest);

        ReadOnlySpan<byte> Take(int count)
        {
            if (count > _rest.Length)
            {
                _rest = default;
                Failed = true;
                return default;
            }
            var taken = _rest[..count];
            _rest = _rest[count..];
            return taken;
        }
    }
}
