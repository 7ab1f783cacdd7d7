using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Splitting;
using Slipway.Model;

namespace Slipway.Gateway.Streams;

/// <summary>
/// Two releases that share a route of connections. A connection has neither cookie nor header: where users are told apart, a client's address is the user
/// (of IPv6 its first 64 bits), by the same keyed hash as in <see cref="CompiledSplit"/>.
/// </summary>
sealed class StreamSplit
{
    const int Ipv6Prefix = 8;

    readonly byte[] _key;
    readonly bool _isSticky;
    readonly int _release, _weight, _sum;
    readonly Networks? _match;

    /// <param name="weight">Of the release whose share rises.</param>
    /// <param name="sum">Of both weights.</param>
    /// <param name="matched">Of connections that a match names.</param>
    public StreamSplit(RouteSplit source, int weight, int sum, StreamCounters? matched)
    {
        (_release, _weight, _sum, Matched) = (source.Release, weight, sum, matched);
        _key = Convert.FromBase64String(source.Key);
        _isSticky = source.Sticky != StickyKind.None;
        if (matched is not null) _match = Networks.Parse(MatchRules.ByAddress(source.Match).SelectMany(m => m.Addresses));
    }

    public StreamCounters? Matched { get; }

    /// <summary>Nobody but matched clients sees the new release.</summary>
    public bool IsUnseen => _weight <= 0 && _match is not null;

    public Side SideOf(IPAddress client)
    {
        if (_match is not null && _match.Contain(client)) return Side.Matched;
        if (_weight <= 0) return Side.Stable;
        if (_weight >= _sum) return Side.New;
        return (_isSticky ? TicketOf(client) : Random.Shared.Next(_sum)) < _weight ? Side.New : Side.Stable;
    }

    int TicketOf(IPAddress client)
    {
        Span<byte> text = stackalloc byte[9 + 16];
        "split"u8.CopyTo(text);
        BinaryPrimitives.WriteInt32BigEndian(text[5..], _release);
        client.TryWriteBytes(text[9..], out var length);
        if (client.AddressFamily == AddressFamily.InterNetworkV6) length = Ipv6Prefix;
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, text[..(9 + length)], hash);
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(hash) % (ulong)_sum);
    }
}
