using System.Text;
using Microsoft.AspNetCore.Http;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// Kestrel lets its user choose an encoding for each header. That is the one place where a header's bytes are seen as the client sent them,
/// before Kestrel makes something of them; so a header that it is too kind about is read here.
/// </summary>
abstract class HeaderReading : Encoding
{
    /// <exception cref="BadHttpRequestException">
    /// It is no name. Kestrel takes nearly everything for one: "Transfer-Encoding\v" of HTTP/1.1, which an instance may read as if the last character were a
    /// space, and of HTTP/2 a name with a line's end in it, behind which another request stands (RFC 9113, sections 8.2.1 and 10.3).
    /// </exception>
    public static Encoding Of(string header) =>
        header == "Content-Length" ? LengthReading.Instance : header == "Connection" ? ConnectionReading.Instance
        : Grammar.IsToken(header) || header is [':', ..] ? Latin1 : throw new BadHttpRequestException("A header's name is none.");

    public override int GetMaxByteCount(int charCount) => charCount;

    public override int GetMaxCharCount(int byteCount) => byteCount + ConnectionReading.MaxAdded;

    public override int GetByteCount(char[] chars, int index, int count) => count;

    public override int GetBytes(char[] chars, int charIndex, int charCount, byte[] bytes, int byteIndex) =>
        Latin1.GetBytes(chars, charIndex, charCount, bytes, byteIndex);

    public override int GetCharCount(byte[] bytes, int index, int count) => Read(bytes.AsSpan(index, count)).Length;

    public override int GetChars(byte[] bytes, int byteIndex, int byteCount, char[] chars, int charIndex) =>
        GetChars(bytes.AsSpan(byteIndex, byteCount), chars.AsSpan(charIndex));

    public override int GetChars(ReadOnlySpan<byte> bytes, Span<char> chars)
    {
        var text = Read(bytes);
        text.CopyTo(chars);
        return text.Length;
    }

    protected abstract string Read(ReadOnlySpan<byte> value);
}

/// <summary>
/// Content-Length is digits (RFC 9110, section 8.6). Kestrel would take "+5" for 5 and "-0" for 0, which a proxy in front of this one may have
/// read in another way; what is no number here, it refuses with 400.
/// </summary>
sealed class LengthReading : HeaderReading
{
    // Of a long. Kestrel has room for 20.
    const int MaxDigits = 19;

    public static LengthReading Instance { get; } = new();

    protected override string Read(ReadOnlySpan<byte> value) =>
        value.Length <= MaxDigits && !value.ContainsAnyExceptInRange((byte)'0', (byte)'9') ? Latin1.GetString(value) : "?";
}

/// <summary>
/// Connection names the headers that must stay behind (RFC 9110, section 7.6.1), and Kestrel forgets the names as soon as one single option that it
/// knows stands beside them: of "close, X-Mine" is left "close". Of two options it forgets nothing. So a value with names gets two more: the
/// connection ends with this request, which a server may always choose.
/// </summary>
sealed class ConnectionReading : HeaderReading
{
    const string Added = ", keep-alive, close";

    public static ConnectionReading Instance { get; } = new();

    public static int MaxAdded => Added.Length;

    protected override string Read(ReadOnlySpan<byte> value)
    {
        var text = Latin1.GetString(value);
        foreach (var range in text.AsSpan().Split(','))
        {
            var option = text.AsSpan(range).Trim(" \t");
            if (option.IsEmpty || option.Equals("close", StringComparison.OrdinalIgnoreCase)) continue;
            // TE, Upgrade, Keep-Alive and their like never pass, named or not.
            if (HeaderKinds.Of(option.ToString()) is not (HeaderKind.HopByHop or HeaderKind.Upgrade)) return text + Added;
        }
        return text;
    }
}
