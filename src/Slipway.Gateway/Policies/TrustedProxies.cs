using System.Net;
using Microsoft.Extensions.Primitives;

namespace Slipway.Gateway.Policies;

/// <summary>The proxies before this gateway whose word is taken for who the client is.</summary>
sealed class TrustedProxies(Networks networks)
{
    public bool Trusts(IPAddress peer) => networks.Contain(peer);

    /// <summary>
    /// The client of a request that a trusted proxy sent: the last address of X-Forwarded-For that is no trusted proxy's own. What stands before it was
    /// written by somebody else, and may be invented.
    /// </summary>
    public IPAddress ClientOf(IPAddress peer, StringValues forwardedFor)
    {
        var client = peer;
        for (var i = forwardedFor.Count - 1; i >= 0; i--)
        {
            var rest = (forwardedFor[i] ?? "").AsSpan();
            while (!rest.IsEmpty)
            {
                var comma = rest.LastIndexOf(',');
                if (!TryRead(rest[(comma + 1)..].Trim(" \t"), out var address)) return client;
                client = address;
                if (!networks.Contain(client)) return client;
                rest = comma < 0 ? default : rest[..comma];
            }
        }
        return client;
    }

    /// <summary>Some proxies write a port behind the address.</summary>
    static bool TryRead(ReadOnlySpan<char> text, out IPAddress address)
    {
        if (text.Length > 0 && (text[0] == '[' || text.Count(':') == 1))
        {
            var read = IPEndPoint.TryParse(text, out var endPoint);
            address = read ? Networks.Plain(endPoint!.Address) : IPAddress.None;
            return read;
        }
        if (!IPAddress.TryParse(text, out var plain))
        {
            address = IPAddress.None;
            return false;
        }
        address = Networks.Plain(plain);
        return true;
    }
}
