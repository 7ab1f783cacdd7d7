using System.Text;
using Slipway.Gateway.Forwarding;
using Slipway.Model;

namespace Slipway.Gateway.Balancing;

/// <summary>What a request is hashed by.</summary>
sealed class HashKey(BalancePolicy policy)
{
    const int Longest = 1024;

    /// <summary>Null: the request has none.</summary>
    public ulong? Of(Exchange exchange)
    {
        switch (policy.Source)
        {
            case HashSource.Header:
                var values = exchange.Request.Headers[policy.Name!];
                return values.Count == 0 ? null : Of(values.ToString());
            case HashSource.Cookie:
                var cookie = RequestCookies.Find(exchange.Request.Headers.Cookie, policy.Name!);
                return cookie.IsEmpty ? null : Of(cookie);
            case HashSource.Path:
                return Of(exchange.Request.Path);
            default:
                Span<byte> address = stackalloc byte[16];
                return exchange.Client.TryWriteBytes(address, out var length) ? Hashes.Of(address[..length]) : null;
        }
    }

    static ulong Of(ReadOnlySpan<char> text)
    {
        if (text.Length > Longest) text = text[..Longest];
        Span<byte> bytes = stackalloc byte[Longest * 3];
        return Hashes.Of(bytes[..Encoding.UTF8.GetBytes(text, bytes)]);
    }
}
