using System.IO.Compression;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// Whether an answer is compressed on its way, and what its head says then. Never: what is encoded already or says no-transform, event streams, parts (206),
/// types that are compressed by themselves, less than a packet, and answers to HEAD, whose body is not there to be measured.
/// </summary>
static class Compression
{
    const int WorthIt = 1024;

    /// <returns>br, gzip, or null: as it is.</returns>
    public static string? Choose(Exchange exchange, long? length)
    {
        var (headers, status) = (exchange.Response.Headers, exchange.Answer.Status);
        if (status is < 200 or 204 or 205 or 206 or 304 || !IsWorthIt(headers.ContentType.ToString())) return null;
        // For caches: what they keep is one answer of several, also where this one is plain.
        if (!Grammar.ListHolds(headers.Vary.ToString(), "Accept-Encoding") && headers.Vary.ToString() != "*") headers.Vary = StringValues.Concat(headers.Vary, HeaderNames.AcceptEncoding);
        if (HttpMethods.IsHead(exchange.Request.Method) || length < WorthIt || headers.ContentEncoding.Count > 0
            || Grammar.ListHolds(headers.CacheControl.ToString(), "no-transform")) return null;
        return Accepted(exchange.Request.Headers.AcceptEncoding.ToString());
    }

    /// <summary>The head as it is of the compressed answer: another length, other bytes for ranges and digests, and only a weak validator (RFC 9110, section 8.8.1).</summary>
    public static void Announce(IHeaderDictionary headers, string coding)
    {
        headers.ContentEncoding = coding;
        headers.ContentLength = null;
        headers.Remove(HeaderNames.AcceptRanges);
        headers.Remove(HeaderNames.ContentMD5);
        headers.Remove("Content-Digest");
        headers.Remove("Digest");
        if (headers.ETag is [['"', ..] strong]) headers.ETag = "W/" + strong;
    }

    public static Stream Encoder(string coding, Stream into) => coding == "br"
        ? new BrotliStream(into, new BrotliCompressionOptions { Quality = 4 }, leaveOpen: true)
        : new GZipStream(into, CompressionLevel.Fastest, leaveOpen: true);

    static bool IsWorthIt(string type)
    {
        var end = type.IndexOf(';', StringComparison.Ordinal);
        var name = (end < 0 ? type : type[..end]).Trim();
        if (name.Equals("text/event-stream", StringComparison.OrdinalIgnoreCase)) return false;
        return name.StartsWith("text/", StringComparison.OrdinalIgnoreCase) || name.EndsWith("+json", StringComparison.OrdinalIgnoreCase) || name.EndsWith("+xml", StringComparison.OrdinalIgnoreCase)
            || name.ToLowerInvariant() is "application/json" or "application/javascript" or "application/xml" or "application/wasm" or "application/x-ndjson" or "application/x-javascript"
                or "application/vnd.ms-fontobject" or "application/xhtml+xml" or "image/x-icon" or "image/bmp" or "font/ttf" or "font/otf";
    }

    /// <summary>RFC 9110, section 12.5.3: br before gzip where the client likes both the same; q=0 is "not at all".</summary>
    static string? Accepted(string accept)
    {
        var (best, bestQuality) = ((string?)null, 0.0);
        foreach (var coding in (string[])["br", "gzip"])
        {
            var quality = QualityOf(accept, coding) ?? QualityOf(accept, "*") ?? 0;
            if (quality > bestQuality) (best, bestQuality) = (coding, quality);
        }
        return best;
    }

    internal static double? QualityOf(string accept, string coding)
    {
        foreach (var range in accept.AsSpan().Split(','))
        {
            var item = accept.AsSpan(range);
            var semicolon = item.IndexOf(';');
            if (!(semicolon < 0 ? item : item[..semicolon]).Trim(" \t").Equals(coding, StringComparison.OrdinalIgnoreCase)) continue;
            if (semicolon < 0) return 1;
            var parameter = item[(semicolon + 1)..].Trim(" \t");
            return parameter.StartsWith("q=", StringComparison.OrdinalIgnoreCase)
                && double.TryParse(parameter[2..], System.Globalization.NumberStyles.AllowDecimalPoint, System.Globalization.CultureInfo.InvariantCulture, out var quality) ? quality : 1;
        }
        return null;
    }
}
