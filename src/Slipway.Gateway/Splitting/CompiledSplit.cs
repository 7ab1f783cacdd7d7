using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Matching;
using Slipway.Gateway.Measuring;
using Slipway.Model;

namespace Slipway.Gateway.Splitting;

/// <summary>Which of the two releases of a split a request goes to.</summary>
enum Side
{
    Stable,
    New,

    /// <summary>To the new one, because a match says so.</summary>
    Matched,
}

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
    readonly CompiledMatches? _match;

    /// <param name="weight">Of the release whose share rises.</param>
    /// <param name="sum">Of all weights.</param>
    /// <param name="matched">Of matched requests to the new release; null where there are no matches.</param>
    public CompiledSplit(RouteSplit source, AppName app, int weight, int sum, ReleaseCounters? matched)
    {
        (_source, _weight, _sum, _match, Matched) = (source, weight, sum, CompiledMatches.Of(source.Match), matched);
        Goals = source.Goals is { Count: > 0 } goals ? new CompiledGoals(goals) : null;
        _key = Convert.FromBase64String(source.Key);
        _cookie = new UserCookie(app, _key);
    }

    public ReleaseCounters? Matched { get; }

    /// <summary>Null: nothing is counted beside the requests.</summary>
    public CompiledGoals? Goals { get; }

    /// <summary>Nobody but matched requests sees the new release.</summary>
    public bool IsUnseen => _weight <= 0 && _match is not null;

    public Side SideOf(Exchange exchange)
    {
        if (_match is not null && _match.Hold(exchange)) return Side.Matched;
        // Nothing to decide, and so nobody to be remembered.
        if (_weight <= 0) return Side.Stable;
        if (_weight >= _sum) return Side.New;
        var isNew = _source.Sticky switch
        {
            StickyKind.User => TicketOf(_cookie.UserOf(exchange), exchange) < _weight,
            StickyKind.Header when exchange.Request.Headers[_source.Header!] is { Count: > 0 } values => TicketOf(values.ToString(), exchange) < _weight,
            _ => Random.Shared.Next(_sum) < _weight,
        };
        return isNew ? Side.New : Side.Stable;
    }

    /// <summary>Whether one who would be given to the new release asks. Changes nothing for the client: who brings no cookie is drawn by lot, and gets none.</summary>
    public bool TakesCopy(Exchange exchange) => _weight >= _sum || _source.Sticky switch
    {
        StickyKind.User when _cookie.Known(exchange) is { } user => TicketOf(user) < _weight,
        StickyKind.Header when exchange.Request.Headers[_source.Header!] is { Count: > 0 } values => TicketOf(values.ToString()) < _weight,
        _ => Random.Shared.Next(_sum) < _weight,
    };

    /// <param name="user">Who asks.</param>
    /// <param name="counted">Whose group is noted, where goals are counted.</param>
    int TicketOf(string user, Exchange? counted = null)
    {
        Span<byte> bytes = stackalloc byte[LongestUser];
        // Latin-1, as headers are read: a byte for each character.
        return TicketOf(bytes[..Encoding.Latin1.GetBytes(user.AsSpan(0, Math.Min(user.Length, LongestUser)), bytes)], counted);
    }

    int TicketOf(UInt128 user, Exchange? counted = null)
    {
        Span<byte> bytes = stackalloc byte[UserCookie.UserLength];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, user);
        return TicketOf(bytes, counted);
    }

    int TicketOf(ReadOnlySpan<byte> user, Exchange? counted)
    {
        // "split", then the release: another release draws other users, and no ticket is ever a cookie's signature.
        Span<byte> text = stackalloc byte[9 + LongestUser];
        "split"u8.CopyTo(text);
        BinaryPrimitives.WriteInt32BigEndian(text[5..], _source.Release);
        user.CopyTo(text[9..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_key, text[..(9 + user.Length)], hash);
        // Bits that the ticket is not made of: the groups of both releases are drawn alike.
        if (counted is not null && Goals is not null) counted.Group = (int)(BinaryPrimitives.ReadUInt64BigEndian(hash[8..]) % UserGroups.Count);
        return (int)(BinaryPrimitives.ReadUInt64BigEndian(hash) % (ulong)_sum);
    }
}
