using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// The header lines of a connection's previous answer, by their position. The lines of the next answer are compared bytewise with them, so that
/// equal ones cost neither parsing nor strings.
/// </summary>
sealed class ResponseLineCache
{
    const int MaxLines = 32, MaxLength = 256;

    readonly Line?[] _lines = new Line?[MaxLines];

    /// <summary>Null: not the grammar of a header line (RFC 9112, section 5), or folded.</summary>
    /// <param name="position">Of the line in its head.</param>
    /// <param name="bytes">Without its CRLF.</param>
    public Line? Read(int position, ReadOnlySpan<byte> bytes)
    {
        if (position < MaxLines && _lines[position] is { } known && bytes.SequenceEqual(known.Bytes)) return known;
        var line = Parse(bytes);
        if (line is not null && position < MaxLines && bytes.Length <= MaxLength) _lines[position] = line;
        return line;
    }

    static Line? Parse(ReadOnlySpan<byte> bytes)
    {
        var colon = bytes.IndexOf((byte)':');
        if (colon <= 0 || !Grammar.IsToken(bytes[..colon])) return null;
        var value = bytes[(colon + 1)..].Trim(" \t"u8);
        if (!Grammar.IsFieldValue(value)) return null;
        var name = Names.Of(bytes[..colon]);
        return new Line(bytes.ToArray(), name, Encoding.Latin1.GetString(value), HeaderKinds.Of(name));
    }

    internal sealed record Line(byte[] Bytes, string Name, string Value, HeaderKind Kind);

    /// <summary>Kestrel sets a header that is named by one of these very strings the fast way.</summary>
    static class Names
    {
        static readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> Known = new[]
        {
            HeaderNames.AcceptRanges, HeaderNames.AccessControlAllowOrigin, HeaderNames.Age, HeaderNames.Allow, HeaderNames.CacheControl,
            HeaderNames.Connection, HeaderNames.ContentDisposition, HeaderNames.ContentEncoding, HeaderNames.ContentLanguage, HeaderNames.ContentLength,
            HeaderNames.ContentRange, HeaderNames.ContentType, HeaderNames.Date, HeaderNames.ETag, HeaderNames.Expires, HeaderNames.KeepAlive,
            HeaderNames.LastModified, HeaderNames.Link, HeaderNames.Location, HeaderNames.Server, HeaderNames.SetCookie,
            HeaderNames.StrictTransportSecurity, HeaderNames.TransferEncoding, HeaderNames.Upgrade, HeaderNames.Vary, HeaderNames.Via,
            HeaderNames.WWWAuthenticate, HeaderNames.XFrameOptions, HeaderNames.XPoweredBy,
        }.ToDictionary(n => n, StringComparer.OrdinalIgnoreCase).GetAlternateLookup<ReadOnlySpan<char>>();

        public static string Of(ReadOnlySpan<byte> name)
        {
            if (name.Length > 64) return Encoding.Latin1.GetString(name);
            Span<char> text = stackalloc char[name.Length];
            Encoding.Latin1.GetChars(name, text);
            return Known.TryGetValue(text, out var known) ? known : text.ToString();
        }
    }
}
