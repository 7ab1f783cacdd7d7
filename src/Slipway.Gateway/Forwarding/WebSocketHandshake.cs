using System.Security.Cryptography;
using System.Text;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// The handshake of WebSockets in HTTP/1.1 (RFC 6455, section 4), which those in HTTP/2 do without (RFC 8441, section 5): where the two meet, the
/// gateway speaks the missing half.
/// </summary>
static class WebSocketHandshake
{
    const string Magic = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

    public static bool IsWebSocket(string? protocol) => protocol is not null && protocol.Equals("websocket", StringComparison.OrdinalIgnoreCase);

    public static void WriteRequest(ref HeadWriter writer)
    {
        writer.Write("Upgrade: websocket\r\n"u8);
        Span<byte> key = stackalloc byte[16];
        RandomNumberGenerator.Fill(key);
        writer.WriteLine("Sec-WebSocket-Key", Convert.ToBase64String(key));
    }

    /// <summary>Sec-WebSocket-Accept for a client's Sec-WebSocket-Key (section 4.2.2, point 5.4).</summary>
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Security", "CA5350:Do Not Use Weak Cryptographic Algorithms", Justification = "No secret: what the specification asks for.")]
    public static string Accept(string key) => Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key.Trim() + Magic)));
}
