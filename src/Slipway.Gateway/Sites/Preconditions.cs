using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Slipway.Gateway.Sites;

enum Precondition
{
    Holds,

    /// <summary>304: the client has it.</summary>
    NotModified,

    /// <summary>412.</summary>
    Failed,
}

/// <summary>Conditional requests (RFC 9110, section 13), for GET and HEAD.</summary>
static class Preconditions
{
    /// <summary>In the order of section 13.2.2.</summary>
    /// <param name="headers">Of the request.</param>
    /// <param name="etag">Strong, with its quotes.</param>
    /// <param name="modified">Whole seconds.</param>
    public static Precondition Evaluate(IHeaderDictionary headers, string etag, DateTimeOffset modified)
    {
        if (headers.IfMatch is { Count: > 0 } match)
        {
            if (!Holds(match, etag, weak: false)) return Precondition.Failed;
        }
        else if (headers.IfUnmodifiedSince is { Count: > 0 } unmodified && HeaderUtilities.TryParseDate(unmodified.ToString(), out var until) && modified > until)
        {
            return Precondition.Failed;
        }
        if (headers.IfNoneMatch is { Count: > 0 } none) return Holds(none, etag, weak: true) ? Precondition.NotModified : Precondition.Holds;
        return headers.IfModifiedSince is { Count: > 0 } since && HeaderUtilities.TryParseDate(since.ToString(), out var from) && modified <= from ? Precondition.NotModified : Precondition.Holds;
    }

    /// <summary>Whether a part may be sent (section 13.1.5): what the client has a part of is this very form of the file, in this version.</summary>
    public static bool AllowsRange(StringValues ifRange, string etag, DateTimeOffset modified)
    {
        if (ifRange.Count == 0) return true;
        var text = ifRange.ToString().AsSpan().Trim(" \t");
        if (text.StartsWith("\"") || text.StartsWith("W/")) return text.SequenceEqual(etag);
        return HeaderUtilities.TryParseDate(text.ToString(), out var date) && date == modified;
    }

    /// <param name="list">1#entity-tag, or a star.</param>
    /// <param name="weak">Weak comparison (section 8.8.3.2): a weak tag is as good.</param>
    static bool Holds(StringValues list, string etag, bool weak)
    {
        for (var i = 0; i < list.Count; i++)
        {
            ReadOnlySpan<char> rest = list[i];
            while (true)
            {
                rest = rest.TrimStart(" \t,");
                if (rest.IsEmpty) break;
                if (rest[0] == '*') return true;
                var isWeak = rest.StartsWith("W/");
                if (isWeak) rest = rest[2..];
                // What is no entity tag ends the line: nothing behind it can be trusted to be one.
                if (rest.IsEmpty || rest[0] != '"' || rest[1..].IndexOf('"') is not (>= 0 and var end)) break;
                if ((weak || !isWeak) && rest[..(end + 2)].SequenceEqual(etag)) return true;
                rest = rest[(end + 2)..];
            }
        }
        return false;
    }
}
