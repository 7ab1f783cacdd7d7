using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Slipway.Registry.Endpoints;

/// <summary>One range of bytes that a GET asks for (RFC 9110, section 14).</summary>
readonly record struct ByteRange(long First, long Length)
{
    public bool Satisfiable => Length > 0;

    /// <summary>
    /// Null where the whole is to be sent: no Range, one that is malformed or in another unit (section 14.2: ignored), several ranges at once
    /// (a server may ignore them), or an If-Range that speaks of other bytes. One that ends before it begins is invalid too, but rejected (section
    /// 14.2 leaves the choice): who sends it has miscounted, and would take the whole for the part.
    /// </summary>
    public static ByteRange? Of(HttpRequest request, long size, string etag)
    {
        if (request.Headers.Range.Count == 0) return null;
        if (request.Headers.IfRange is [{ } condition] && condition != etag) return null;
        var text = request.Headers.Range.ToString();
        if (!RangeHeaderValue.TryParse(text, out var header)) return EndsBeforeItBegins(text) ? default(ByteRange) : null;
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

    static bool EndsBeforeItBegins(string text)
    {
        const string Unit = "bytes=";
        return text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase)
            && text.AsSpan(Unit.Length) is var range && range.IndexOf('-') is var dash and > 0
            && long.TryParse(range[..dash], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && long.TryParse(range[(dash + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
            && last < first;
    }
}
