using Microsoft.Extensions.Primitives;

namespace Slipway.Gateway.Matching;

/// <summary>Cookies of a request (RFC 6265, section 4.2.1), read where they stand.</summary>
static class Cookies
{
    public static bool Hold(CompiledValue cookie, StringValues headers)
    {
        foreach (var header in headers)
            if (header is not null && Holds(cookie, header)) return !cookie.Absent;
        return cookie.Absent;
    }

    static bool Holds(CompiledValue cookie, ReadOnlySpan<char> header)
    {
        foreach (var range in header.Split(';'))
        {
            var pair = header[range].Trim(" \t");
            var equal = pair.IndexOf('=');
            if (equal > 0 && pair[..equal].SequenceEqual(cookie.Name) && cookie.Is(pair[(equal + 1)..])) return true;
        }
        return false;
    }
}
