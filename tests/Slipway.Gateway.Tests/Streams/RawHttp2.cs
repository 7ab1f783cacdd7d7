using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Gateway.Tests.Streams;

/// <summary>Frames of HTTP/2 as bytes (RFC 9113, section 4.1), for what no proper client or server would send.</summary>
static class RawHttp2
{
    public const byte Data = 0, HeadersType = 1, Reset = 3, Settings = 4, GoAway = 7;
    const byte EndStream = 1, EndHeaders = 4, Ack = 1;

    public static byte[] Preface { get; } = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray();

    public static byte[] EmptySettings { get; } = Frame(Settings, 0, 0, []);

    public static byte[] SettingsAck { get; } = Frame(Settings, Ack, 0, []);

    /// <summary>Literals without Huffman's code and without indexing (RFC 7541, section 6.2.2); texts below 127 bytes.</summary>
    public static byte[] Headers(bool ends, params (string Name, string Value)[] fields)
    {
        var block = new List<byte>();
        foreach (var (name, value) in fields)
        {
            block.Add(0);
            foreach (var text in (string[])[name, value])
            {
                block.Add((byte)text.Length);
                block.AddRange(Encoding.Latin1.GetBytes(text));
            }
        }
        return Frame(HeadersType, (byte)(EndHeaders | (ends ? EndStream : 0)), 1, [.. block]);
    }

    public static byte[] Body(string text, bool ends) => Frame(Data, ends ? EndStream : (byte)0, 1, Encoding.Latin1.GetBytes(text));

    /// <summary>Null: the connection has ended.</summary>
    public static async Task<(byte Type, byte Flags, byte[] Payload)?> Read(Socket socket)
    {
        if (await Exactly(socket, 9) is not { } head) return null;
        return await Exactly(socket, head[0] << 16 | head[1] << 8 | head[2]) is { } payload ? (head[3], head[4], payload) : null;
    }

    static async Task<byte[]?> Exactly(Socket socket, int length)
    {
        var bytes = new byte[length];
        try
        {
            for (var have = 0; have < length;)
            {
                var read = await socket.ReceiveAsync(bytes.AsMemory(have), TestGateway.Cancel);
                if (read == 0) return null;
                have += read;
            }
        }
        catch (SocketException)
        {
            return null;
        }
        return bytes;
    }

    static byte[] Frame(byte type, byte flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8 | type);
        frame[4] = flags;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }
}
