using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Slipway.Gateway.Tunnels;

/// <summary>Close with 1001, "going away" (RFC 6455, sections 5.5.1 and 7.4.1).</summary>
static class CloseFrame
{
    const ushort GoingAway = 1001;
    const byte FinalClose = 0x88, Masked = 0x80;

    static ReadOnlySpan<byte> Reason => "this instance is going away; connect again"u8;

    /// <summary>From a server.</summary>
    public static byte[] ForClient()
    {
        var frame = new byte[2 + Length];
        (frame[0], frame[1]) = (FinalClose, (byte)Length);
        WritePayload(frame.AsSpan(2));
        return frame;
    }

    /// <summary>From a client, whose frames are masked (section 5.3).</summary>
    public static byte[] ForInstance()
    {
        var frame = new byte[6 + Length];
        (frame[0], frame[1]) = (FinalClose, (byte)(Masked | Length));
        var mask = frame.AsSpan(2, 4);
        var payload = frame.AsSpan(6);
        RandomNumberGenerator.Fill(mask);
        WritePayload(payload);
        for (var i = 0; i < payload.Length; i++) payload[i] ^= mask[i & 3];
        return frame;
    }

    static int Length => 2 + Reason.Length;

    static void WritePayload(Span<byte> payload)
    {
        BinaryPrimitives.WriteUInt16BigEndian(payload, GoingAway);
        Reason.CopyTo(payload[2..]);
    }
}
