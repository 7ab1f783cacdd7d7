using System.Text;

namespace Slipway.Registry.Tests.Fuzzing;

/// <summary>Damages bytes as accidents and attackers do: bits, pieces left out, doubled, swapped, and what breaks parsers put in between.</summary>
static class Mutation
{
    static readonly byte[][] Nasty =
    [
        .. new[]
        {
            "\0", "\r\n", "\n", "\r\n\r\n", "%00", "%2f", "%2e%2e/", "../", "//", "%", "%zz", ":", "?", "#", "&", "=", " ", "\t", "\"", "{", "[", "-1", "0", "9223372036854775807", "99999999999999999999",
            "sha256:", "sha512:", "http://", "chunked", "Content-Length: 5\r\n", "Transfer-Encoding: chunked\r\n", "Content-Range: 0-4\r\n", "Range: bytes=0-\r\n", "Expect: 100-continue\r\n", "Host: y\r\n",
            "?digest=", "&tag=x", "?mount=", "?n=0", "?n=99999", "HTTP/1.0", "HTTP/2.0", "\u00ff", "\u00c0\u00af", new string('A', 9000),
        }.Select(Encoding.Latin1.GetBytes),
    ];

    public static byte[] Of(byte[] original, Random random)
    {
        var bytes = original;
        // Mostly once: what is damaged in many places is refused at the first.
        for (var times = random.Next(4) == 0 ? 3 : 1; times > 0; times--) bytes = Once(bytes, random);
        return bytes;
    }

    static byte[] Once(byte[] bytes, Random random)
    {
        if (bytes.Length == 0) return bytes;
        var at = random.Next(bytes.Length);
        var length = random.Next(Math.Min(40, bytes.Length - at)) + 1;
        switch (random.Next(6))
        {
            case 0:
                byte[] flipped = [.. bytes];
                flipped[at] ^= (byte)(1 << random.Next(8));
                return flipped;
            case 1:
                return [.. bytes[..at], .. bytes[(at + length)..]];
            case 2:
                return [.. bytes[..at], .. bytes[at..(at + length)], .. bytes[at..]];
            case 3:
                return [.. bytes[..at], .. Nasty[random.Next(Nasty.Length)], .. bytes[at..]];
            case 4:
                return [.. bytes[..at], .. Nasty[random.Next(Nasty.Length)], .. bytes[(at + length)..]];
            default:
                return bytes[..at];
        }
    }
}
