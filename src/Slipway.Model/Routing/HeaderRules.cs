using System.Buffers;
using System.Collections.Frozen;

namespace Slipway.Model;

/// <summary>Which headers a route may change, and to what (RFC 9110, section 5).</summary>
public static class HeaderRules
{
    /// <summary>What is right, for messages.</summary>
    public const string ExpectedName = "a header's name; those of the connection, of the body's length and X-Forwarded-* are the gateway's own";

    /// <summary>What is right, for messages.</summary>
    public const string ExpectedValue = "one line of Latin-1 characters";

    static readonly SearchValues<char> TokenCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

    static readonly FrozenSet<string> Own = new[]
    {
        "CDN-Loop", "Connection", "Content-Length", "Expect", "HTTP2-Settings", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection", "TE",
        "Trailer", "Transfer-Encoding", "Upgrade", "X-Content-Length",
    }.ToFrozenSet(StringComparer.OrdinalIgnoreCase);

    /// <summary>RFC 9110, section 5.6.2.</summary>
    public static bool IsName(string text) => text.Length is > 0 and <= 128 && !text.AsSpan().ContainsAnyExcept(TokenCharacters);

    public static bool IsChangeable(string name) => IsName(name) && !Own.Contains(name) && !name.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase);

    public static bool IsValue(string value) => value.Length <= 4096 && value.All(c => c is '\t' or (>= ' ' and not '\x7f' and <= '\xff'));
}
