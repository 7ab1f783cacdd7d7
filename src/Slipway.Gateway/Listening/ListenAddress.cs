using System.Globalization;
using System.Net;
using Slipway.Model;

namespace Slipway.Gateway.Listening;

/// <summary>host:port as people write it.</summary>
static class ListenAddress
{
    /// <exception cref="InvalidInputException">One or more are no addresses; each is named.</exception>
    public static IReadOnlyList<IPEndPoint> ParseAll(IReadOnlyList<string> texts)
    {
        var wrong = texts.Where(t => Parse(t) is null).Select(t => new Diagnostic
        {
            Key = "listen",
            Message = $"'{t}' is no address to listen on",
            Found = t,
            Expected = "host:port, where host is an IP address, localhost or * for all, like 0.0.0.0:80",
        }).ToList();
        return wrong.Count == 0 ? [.. texts.Select(t => Parse(t)!)] : throw new InvalidInputException(wrong);
    }

    static IPEndPoint? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        if (colon < 0 || !ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var port)) return null;
        var address = text[..colon] switch
        {
            "" or "*" => IPAddress.IPv6Any,
            "localhost" => IPAddress.Loopback,
            var host => IPAddress.TryParse(host, out var parsed) ? parsed : null,
        };
        return address is null ? null : new IPEndPoint(address, port);
    }
}
