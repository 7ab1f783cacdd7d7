using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Slipway.Registry.Endpoints;

/// <summary>One range of bytes that a GET asks for (RFC 9110, section 14).</summary>
readonly record struct ByteRange(long First, long Length)
{
    public bool Satisfiable => Length > 0;

    /// <summary>
    /// Null where the whole is to be sent: no Range, one that is malformed or in another unit (section 14.2: ignored), several ranges at once
    /// (a server may ignore them), or an If-Range that speaks of other bytes.
    /// </summary>
    public static ByteRange? Of(HttpRequest request, long size, string etag)
    {
        if (request.Headers.Range.Count == 0) return null;
        if (request.Headers.IfRange is [{ } condition] && condition != etag) return null;
        if (!RangeHeaderValue.TryParse(request.Headers.Range.ToString(), out var header)) return null;
        if (!header.Unit.Equals("bytes", StringComparison.OrdinalIgnoreCase) || header.Ranges.Count != 1) return null;
        return header.Ranges.First() switch
        {
            { From: null, To: { } suffix } => suffix == 0 ? default(ByteRange) : new ByteRange(Math.Max(0, size - suffix), Math.Min(size, suffix)),
            { From: { } first } when first >= size => default(ByteRange),
            { From: { } first, To: null } => new ByteRange(first, size - first),
            { From: { } first, To: { } last } => new ByteRange(first, Math.Min(last, size - 1) - first + 1),
            _ => null,
        };
    }
}
