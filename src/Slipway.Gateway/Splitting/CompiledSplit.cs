using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Forwarding;
using Slipway.Model;

namespace Slipway.Gateway.Splitting;

/// <summary>
/// Two releases that share a route, as requests read it. A request's ticket is a keyed hash of its user and the release (see <see cref="RouteSplit"/>);
/// it goes to the new release while the ticket is below the weight, so that a rising weight only ever moves users forward.
/// </summary>
sealed class CompiledSplit
{
    // A header longer than this is still one user: by its beginning.
    const int LongestUser = 256;

    readonly RouteSplit _source;
    readonly UserCookie _cookie;
    readonly byte[] _key;
    readonly int _weight, _sum;

    /// <param name="weight">Of the release whose share rises.</param>
    /// <param name="sum">Of all weights.</param>
    public CompiledSplit(RouteSplit source, AppName app, int weight, int sum)
    {
        (_source, _weight, _sum) = (source, weight, sum);
        _key = Convert.FromBase64String(source.Key);
        _cookie = new UserCookie(app, _key);
    }

    public bool TakesNew(Exchange exchange)
    {
        // Nothing to decide, and so nobody to be remembered.
        if (_weight <= 0) return false;
        if (_weight >= _sum) return true;
        return _source.Sticky switch
        {
            StickyKind.User => TicketOf(_cookie.UserOf(exchange)) < _weight,
            StickyKind.Header when exchange.Request.Headers[_source.Header!] is { Count: > 0 } values => TicketOf(values.ToString()) < _weight,
            _ => Random.Shared.Next(_sum) < _weight,
        };
    }

    /// <summary>Whether one whom <see cref="TakesNew"/> would choose asks. Changes nothing for the client: who brings no cookie is drawn by lot, and gets none.</summary>
    public bool TakesCopy(Exchange exchange) => _weight >= _sum || _source.Sticky switch
    {
        StickyKind.User when _cookie.Known(exchange) is { } user => TicketOf(user) < _weight,
        StickyKind.Header when exchange.Request.Headers[_source.Header!] is { Count: > 0 } values => TicketOf(values.ToString()) < _weight,
        _ => Random.Shared.Next(_sum) < _weight,
    };

    int TicketOf(string user)
    {
        Span<byte> bytes = stackalloc byte[LongestUser];
        // Latin-1, as headers are read: a byte for each character.
        return TicketOf(bytes[..Encoding.Latin1.GetBytes(user.AsSpan(0, Math.Min(user.Length, LongestUser)), bytes)]);
    }

    int TicketOf(UInt128 user)
    {
        Span<byte> bytes = stackalloc byte[UserCookie.UserLength];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, user);
        return TicketOf(bytes);
    }

    int TicketOf(ReadOnlySpan<byte> user)
    {
        // "split", then the release: another release draws other users, and no ticket is ever a cookie's signature.
        Span<byte> text = stackalloc byte[9 + LongestUser];
        "split"u8.CopyTo(text);
        BinaryPrimitives.WriteInt32BigEndian(text[5..], _source.Release);
        user.CopyTo(text[9..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, text[..(9 + user.Length)], hash);
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(hash) % (ulong)_sum);
    }
}
