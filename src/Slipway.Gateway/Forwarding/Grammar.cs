using System.Buffers;
using System.Globalization;

namespace Slipway.Gateway.Forwarding;

/// <summary>The terminals of RFC 9110, section 5.6, and RFC 9112.</summary>
static class Grammar
{
    const string Token = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    static readonly SearchValues<char> TokenCharacters = SearchValues.Create(Token);

    static readonly SearchValues<byte> TokenBytes = SearchValues.Create([.. Token.Select(c => (byte)c)]);

    // Everything below space but the tab, and DEL.
    static readonly SearchValues<byte> ForbiddenInValue =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(b => b != '\t').Append(127).Select(b => (byte)b)]);

    static readonly SearchValues<char> TokenChars =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    static readonly SearchValues<char> ForbiddenCharsInValue =
        SearchValues.Create([.. Enumerable.Range(0, 32).Where(b => b != '\t').Append(127).Select(b => (char)b)]);

    public static bool IsToken(string text) => text.Length > 0 && !text.AsSpan().ContainsAnyExcept(TokenChars);

    public static bool IsFieldValue(string text) => !text.AsSpan().ContainsAny(ForbiddenCharsInValue);

    public static bool IsToken(ReadOnlySpan<byte> bytes) => bytes.Length > 0 && !bytes.ContainsAnyExcept(TokenBytes);

    public static bool IsToken(ReadOnlySpan<char> text) => text.Length > 0 && !text.ContainsAnyExcept(TokenCharacters);

    public static bool IsFieldValue(ReadOnlySpan<byte> bytes) => !bytes.ContainsAny(ForbiddenInValue);

    /// <summary>Digits alone, as Content-Length wants them.</summary>
    public static bool TryParseLength(string text, out long length) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out length);

    /// <summary>A chunk's size in hexadecimal digits, up to the given line's end or its extension.</summary>
    public static bool TryParseChunkSize(ReadOnlySpan<byte> line, out long size)
    {
        size = 0;
        var end = line.IndexOf((byte)';');
        var digits = end < 0 ? line : line[..end].TrimEnd(" \t"u8);
        if (digits.Length is 0 or > 15 || (end >= 0 && !IsFieldValue(line[end..]))) return false;
        foreach (var b in digits)
        {
            if (!char.IsAsciiHexDigit((char)b)) return false;
            size = (size << 4) | (uint)(b <= '9' ? b - '0' : (b | 0x20) - 'a' + 10);
        }
        return true;
    }

    /// <summary>Whether a comma separated list holds a name (Connection, Transfer-Encoding ...).</summary>
    public static bool ListHolds(string list, string name)
    {
        for (ReadOnlySpan<char> rest = list; !rest.IsEmpty;)
        {
            var comma = rest.IndexOf(',');
            var item = comma < 0 ? rest : rest[..comma];
            if (item.Trim(' ').Trim('\t').Equals(name, StringComparison.OrdinalIgnoreCase)) return true;
            rest = comma < 0 ? default : rest[(comma + 1)..];
        }
        return false;
    }
}
