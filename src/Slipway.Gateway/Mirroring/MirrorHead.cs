using Microsoft.Extensions.Primitives;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Mirroring;

/// <summary>In what the head of a copy differs from that of its request.</summary>
static class MirrorHead
{
    /// <summary>True: the header is written as it is. False: it is left out, or was written in another form.</summary>
    /// <param name="cookie">Begins with the name of the gateway's own cookie: it is no copy's, whose answer assigns nobody.</param>
    public static bool Passes(ref HeadWriter writer, string name, StringValues values, string cookie)
    {
        // The body is at hand when the copy is sent: its length is known, and nobody has to ask for it.
        if (HeaderKinds.Of(name) is HeaderKind.ContentLength or HeaderKind.Expect) return false;
        if (!name.Equals("Cookie", StringComparison.OrdinalIgnoreCase)) return true;
        foreach (var value in values)
            if (value is not null && Without(value, cookie) is { Length: > 0 } left) writer.WriteLine(name, left);
        return false;
    }

    static string Without(string header, string cookie) => !header.Contains(cookie, StringComparison.Ordinal) ? header
        : string.Join("; ", header.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Where(pair => !pair.StartsWith(cookie, StringComparison.Ordinal)));
}
