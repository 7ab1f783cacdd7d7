using System.Buffers.Binary;
using System.Text;

namespace Slipway.Registry.Tests.Signatures;

/// <summary>A small encoder of CBOR (RFC 8949), for envelopes that are made apart from what reads them.</summary>
static class Cbor
{
    public static byte[] Integer(long value) => value >= 0 ? Head(0, (ulong)value) : Head(1, (ulong)(-1 - value));

    public static byte[] Bytes(byte[] value) => [.. Head(2, (ulong)value.Length), .. value];

    public static byte[] Text(string value) => [.. Head(3, (ulong)Encoding.UTF8.GetByteCount(value)), .. Encoding.UTF8.GetBytes(value)];

    public static byte[] Array(params byte[][] items) => [.. Head(4, (ulong)items.Length), .. items.SelectMany(item => item)];

    public static byte[] Map(params (byte[] Key, byte[] Value)[] entries) => [.. Head(5, (ulong)entries.Length), .. entries.SelectMany(entry => entry.Key.Concat(entry.Value))];

    public static byte[] Tag(ulong tag, byte[] item) => [.. Head(6, tag), .. item];

    public static byte[] Time(DateTimeOffset time) => Tag(1, Integer(time.ToUnixTimeSeconds()));

    static byte[] Head(int major, ulong value)
    {
        var first = (byte)(major << 5);
        if (value < 24) return [(byte)(first | (byte)value)];
        if (value <= byte.MaxValue) return [(byte)(first | 24), (byte)value];
        var head = new byte[value <= ushort.MaxValue ? 3 : value <= uint.MaxValue ? 5 : 9];
        head[0] = (byte)(first | (head.Length == 3 ? 25 : head.Length == 5 ? 26 : 27));
        if (head.Length == 3) BinaryPrimitives.WriteUInt16BigEndian(head.AsSpan(1), (ushort)value);
        else if (head.Length == 5) BinaryPrimitives.WriteUInt32BigEndian(head.AsSpan(1), (uint)value);
        else BinaryPrimitives.WriteUInt64BigEndian(head.AsSpan(1), value);
        return head;
    }
}
