using System.Buffers.Binary;
using System.Net;

namespace Slipway.Gateway.Transport;

/// <summary>struct sockaddr_in and sockaddr_in6 of Linux.</summary>
static unsafe class SocketName
{
    /// <summary>Null: neither IPv4 nor IPv6.</summary>
    public static IPEndPoint? Read(byte* name, int length)
    {
        var bytes = new ReadOnlySpan<byte>(name, length);
        if (length < 16) return null;
        var port = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        return *(ushort*)name switch
        {
            Native.FamilyIPv4 => new IPEndPoint(new IPAddress(bytes.Slice(4, 4)), port),
            Native.FamilyIPv6 when length >= 28 => new IPEndPoint(new IPAddress(bytes.Slice(8, 16), *(uint*)(name + 24)), port),
            _ => null,
        };
    }

    /// <returns>How many of the 28 bytes are used.</returns>
    public static int Write(IPEndPoint address, Span<byte> name)
    {
        name.Clear();
        var isIPv4 = address.AddressFamily == System.Net.Sockets.AddressFamily.InterNetwork;
        BitConverter.TryWriteBytes(name, (ushort)(isIPv4 ? Native.FamilyIPv4 : Native.FamilyIPv6));
        BinaryPrimitives.WriteUInt16BigEndian(name[2..], (ushort)address.Port);
        address.Address.TryWriteBytes(name[(isIPv4 ? 4 : 8)..], out _);
        if (isIPv4) return 16;
        BitConverter.TryWriteBytes(name[24..], (uint)address.Address.ScopeId);
        return 28;
    }
}
