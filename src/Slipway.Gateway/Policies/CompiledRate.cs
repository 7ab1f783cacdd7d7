using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Policies;

/// <summary>A route's rate: whose bucket a request takes from.</summary>
sealed class CompiledRate(RateLimiter limiter, string? header)
{
    // The first 64 bits of an IPv6 address: one customer has at least so many.
    const int Ipv6Prefix = 8;

    /// <returns>0, or the seconds to wait.</returns>
    public int Take(Exchange exchange)
    {
        if (header is not null && exchange.Request.Headers[header] is { Count: > 0 } values) return limiter.Take(KeyOf(MemoryMarshal.AsBytes(values.ToString().AsSpan()), 'h'));
        Span<byte> address = stackalloc byte[16];
        exchange.Client.TryWriteBytes(address, out var length);
        if (exchange.Client.AddressFamily == AddressFamily.InterNetworkV6) length = Ipv6Prefix;
        return limiter.Take(KeyOf(address[..length], 'a'));
    }

    /// <summary>By the runtime's randomly seeded hash: nobody outside can choose two keys that share a place.</summary>
    static ulong KeyOf(ReadOnlySpan<byte> bytes, char kind)
    {
        var one = new HashCode();
        one.Add(kind);
        one.AddBytes(bytes);
        var two = new HashCode();
        two.AddBytes(bytes);
        two.Add(kind);
        return (ulong)(uint)one.ToHashCode() << 32 | (uint)two.ToHashCode();
    }
}
