using Microsoft.Extensions.Primitives;

namespace Slipway.Gateway.Balancing;

/// <summary>Cookies that a request brings (RFC 6265, section 4.2.1).</summary>
static class RequestCookies
{
    /// <summary>The first one's value; empty: there is none of that name.</summary>
    public static ReadOnlySpan<char> Find(StringValues headers, string name)
    {
        for (var i = 0; i < headers.Count; i++)
        {
            var header = headers[i].AsSpan();
            foreach (var range in header.Split(';'))
            {
                var pair = header[range].Trim(' ');
                if (pair.Length > name.Length && pair[name.Length] == '=' && pair.StartsWith(name, StringComparison.Ordinal)) return pair[(name.Length + 1)..];
            }
        }
        return default;
    }
}
