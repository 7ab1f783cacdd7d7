using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Primitives;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// Marks each request with this gateway's name, and knows one that went through it too often. In CDN-Loop (RFC 8586), which was made for that: Via (RFC
/// 9110, section 7.6.3) would say the same, but has nginx and others compress nothing any more.
/// </summary>
static class HopMark
{
    public const string Header = "CDN-Loop";

    /// <summary>An app may well ask another one of this gateway and pass on the headers that it got; not in so many steps.</summary>
    const int Most = 4;

    static readonly string Name = "slipway-" + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6));

    /// <summary>The header's line of a request that has none yet.</summary>
    public static byte[] Line { get; } = Encoding.ASCII.GetBytes($"{Header}: {Name}\r\n");

    /// <summary>What is behind another's mark.</summary>
    public static byte[] Next { get; } = Encoding.ASCII.GetBytes($", {Name}\r\n");

    public static bool IsLoop(StringValues marks)
    {
        var times = 0;
        for (var i = 0; i < marks.Count; i++)
        {
            var text = marks[i].AsSpan();
            for (var at = text.IndexOf(Name, StringComparison.Ordinal); at >= 0; at = text.IndexOf(Name, StringComparison.Ordinal))
            {
                times++;
                text = text[(at + Name.Length)..];
            }
        }
        return times >= Most;
    }
}
