using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Slipway.Model;

namespace Slipway.Gateway.Streams;

/// <summary>Tells an instance who its client is (haproxy.org, proxy-protocol.txt, sections 2.1 and 2.2).</summary>
static class ProxyHeader
{
    static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <param name="client">Where the connection comes from.</param>
    /// <param name="local">Where it came to.</param>
    public static byte[] Of(ProxyProtocol version, IPEndPoint client, IPEndPoint local)
    {
        var (from, to) = (Plain(client.Address), Plain(local.Address));
        if (from.AddressFamily != to.AddressFamily) (from, to) = (from.MapToIPv6(), to.MapToIPv6());
        return version == ProxyProtocol.V1 ? Text(from, client.Port, to, local.Port) : Binary(from, client.Port, to, local.Port);
    }

    static byte[] Text(IPAddress from, int fromPort, IPAddress to, int toPort) => Encoding.ASCII.GetBytes(string.Create(
        CultureInfo.InvariantCulture, $"PROXY {(from.AddressFamily == AddressFamily.InterNetwork ? "TCP4" : "TCP6")} {from} {to} {fromPort} {toPort}\r\n"));

    static byte[] Binary(IPAddress from, int fromPort, IPAddress to, int toPort)
    {
        var isFour = from.AddressFamily == AddressFamily.InterNetwork;
        var size = isFour ? 4 : 16;
        var header = new byte[Signature.Length + 4 + 2 * size + 4];
        var rest = header.AsSpan();
        Signature.CopyTo(rest);
        rest = rest[Signature.Length..];
        // Version 2, PROXY; then the family with STREAM.
        (rest[0], rest[1]) = (0x21, isFour ? (byte)0x11 : (byte)0x21);
        BinaryPrimitives.WriteUInt16BigEndian(rest[2..], (ushort)(2 * size + 4));
        from.TryWriteBytes(rest[4..], out _);
        to.TryWriteBytes(rest[(4 + size)..], out _);
        BinaryPrimitives.WriteUInt16BigEndian(rest[(4 + 2 * size)..], (ushort)fromPort);
        BinaryPrimitives.WriteUInt16BigEndian(rest[(6 + 2 * size)..], (ushort)toPort);
        return header;
    }

    static IPAddress Plain(IPAddress address)
    {
        if (address.IsIPv4MappedToIPv6) return address.MapToIPv4();
        // A scope is this machine's own business.
        return address is { AddressFamily: AddressFamily.InterNetworkV6, ScopeId: not 0 } ? new IPAddress(address.GetAddressBytes()) : address;
    }
}
