using Microsoft.Extensions.Primitives;

namespace Slipway.Gateway.Sites;

/// <summary>The part of a file that a request asks for (RFC 9110, section 14).</summary>
readonly record struct ByteRange(long First, long Length)
{
    /// <summary>
    /// Null: the whole. What is no range, of another unit, or several at once is ignored, as section 14.2 allows: several ranges of static files are asked for
    /// by hardly anyone, and are a known way to make a server send much.
    /// </summary>
    /// <param name="header">The request's Range.</param>
    /// <param name="length">Of the whole.</param>
    /// <param name="isUnsatisfiable">416: nothing of the file is in it.</param>
    public static ByteRange? Of(StringValues header, long length, out bool isUnsatisfiable)
    {
        const string Unit = "bytes=";
        isUnsatisfiable = false;
        var text = header.Count == 1 ? header[0].AsSpan() : default;
        if (!text.StartsWith(Unit, StringComparison.OrdinalIgnoreCase)) return null;
        text = text[Unit.Length..].Trim(" \t");
        var dash = text.IndexOf('-');
        if (dash < 0 || text.Contains(',')) return null;
        var from = text[..dash].TrimEnd(" \t");
        var to = text[(dash + 1)..].TrimStart(" \t");
        if (!TryRead(from, out var first) || !TryRead(to, out var last) || (from.IsEmpty && to.IsEmpty)) return null;
        if (from.IsEmpty)
        {
            // The last so many bytes.
            isUnsatisfiable = last == 0 || length == 0;
            var size = Math.Min(last, length);
            return new ByteRange(length - size, size);
        }
        if (!to.IsEmpty && last < first) return null;
        isUnsatisfiable = first >= length;
        return new ByteRange(first, Math.Min(to.IsEmpty ? long.MaxValue : last, length - 1) - first + 1);
    }

    /// <summary>Digits alone; more than a long holds is as much as it holds. Nothing is 0.</summary>
    static bool TryRead(ReadOnlySpan<char> digits, out long number)
    {
        number = 0;
        foreach (var c in digits)
        {
            if (!char.IsAsciiDigit(c)) return false;
            number = number > (long.MaxValue - 9) / 10 ? long.MaxValue : (number * 10) + (c - '0');
        }
        return true;
    }
}
