using System.Buffers.Binary;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Slipway.Gateway.Tests;

/// <summary>One HTTP/2 request with headers that no client library would send (RFC 9113; RFC 7541, section 6.2.2: literals without indexing).</summary>
static class RawHttp2
{
    const int HeadersFrame = 1, ResetFrame = 3, SettingsFrame = 4, GoAwayFrame = 7, EndStream = 1, EndHeaders = 4;

    /// <returns>The status, or how it was refused: <c>reset</c> of the stream, <c>goaway</c>, <c>closed</c>.</returns>
    public static async Task<string> Ask(TestGateway gateway, (string Name, string Value)[] headers, string? body = null, (string Name, string Value)[]? trailers = null)
    {
        using var socket = await gateway.Connect(TestGateway.Cancel);
        byte[] bytes =
        [
            .. "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8, .. Frame(SettingsFrame, 0, 0, []), .. Frame(HeadersFrame, EndHeaders | (body is null ? EndStream : 0), 1, Block(headers)),
            .. body is null ? [] : Frame(0, trailers is null ? EndStream : 0, 1, Encoding.Latin1.GetBytes(body)),
            .. trailers is null ? [] : Frame(HeadersFrame, EndHeaders | EndStream, 1, Block(trailers)),
        ];
        await socket.SendAsync(bytes, TestGateway.Cancel);
        return await Read(socket);
    }

    static async Task<string> Read(Socket socket)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestGateway.Cancel);
        limit.CancelAfter(TimeSpan.FromSeconds(10));
        try
        {
            await using var stream = new NetworkStream(socket);
            var head = new byte[9];
            while (true)
            {
                await stream.ReadExactlyAsync(head, limit.Token);
                var payload = new byte[head[0] << 16 | head[1] << 8 | head[2]];
                await stream.ReadExactlyAsync(payload, limit.Token);
                switch (head[3])
                {
                    case HeadersFrame: return Status(payload);
                    case ResetFrame: return "reset";
                    case GoAwayFrame: return "goaway";
                }
            }
        }
        catch (Exception ended) when (ended is IOException or SocketException)
        {
            return "closed";
        }
    }

    /// <summary>The first field, which :status is; after a change of the table's size, if there is one.</summary>
    static string Status(ReadOnlySpan<byte> block)
    {
        while (block[0] is >= 0x20 and < 0x40)
        {
            var more = (block[0] & 0x1f) == 0x1f;
            block = block[1..];
            while (more)
            {
                more = block[0] >= 0x80;
                block = block[1..];
            }
        }
        if (block[0] >= 0x80) return (block[0] & 0x7f) switch { 8 => "200", 9 => "204", 10 => "206", 11 => "304", 12 => "400", 13 => "404", 14 => "500", var other => $"index {other}" };
        // The name from the table, the value as three digits, plain or Huffman coded.
        return block[1] == 3 ? Encoding.ASCII.GetString(block.Slice(2, 3)) : string.Create(CultureInfo.InvariantCulture, $"coded {Convert.ToHexString(block.Slice(2, block[1] & 0x7f))}");
    }

    static byte[] Block((string Name, string Value)[] headers)
    {
        var block = new List<byte>();
        foreach (var (name, value) in headers)
        {
            block.Add(0);
            Text(block, name);
            Text(block, value);
        }
        return [.. block];
    }

    static byte[] Frame(byte type, int flags, int stream, byte[] payload)
    {
        var frame = new byte[9 + payload.Length];
        (frame[0], frame[1], frame[2], frame[3], frame[4]) = ((byte)(payload.Length >> 16), (byte)(payload.Length >> 8), (byte)payload.Length, type, (byte)flags);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(5), stream);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>Not Huffman coded; lengths of up to 254 bytes.</summary>
    static void Text(List<byte> block, string text)
    {
        var bytes = Encoding.Latin1.GetBytes(text);
        if (bytes.Length < 127) block.Add((byte)bytes.Length);
        else block.AddRange([127, (byte)(bytes.Length - 127)]);
        block.AddRange(bytes);
    }
}
