using System.Net;
using System.Net.Http;
using System.Text;
using Microsoft.Net.Http.Headers;
using Slipway.Gateway.Forwarding;
using Slipway.Model;

namespace Slipway.Gateway.Upstreams;

/// <summary>
/// A request as the handler takes it. Made of the head that an instance would get in HTTP/1.1 (<see cref="RequestHead"/>): what is left out, replaced
/// and added is decided there alone.
/// </summary>
static class ClientRequest
{
    const string Trailers = "trailers", KeyHeader = "Sec-WebSocket-Key";

    /// <param name="body">Null: there is none.</param>
    public static HttpRequestMessage Create(Exchange exchange, UpstreamClient client, ClientRequestBody? body)
    {
        var buffer = new HeadBuffer();
        try
        {
            var length = RequestHead.Write(exchange, buffer);
            // Trailers are ours to take, for it is to us that the instance speaks: they reach every client that can have them.
            return Create(
                buffer.Out.AsSpan(0, length), client, body, IsStreamed(exchange, client.Protocol), isUpgrade: exchange.WantsUpgrade && !client.Protocol.IsHttp2Only,
                takesTrailers: exchange.IsHttp2 || Grammar.ListHolds(exchange.Request.Headers.TE.ToString(), Trailers));
        }
        finally
        {
            buffer.ReturnOut();
        }
    }

    /// <summary>A WebSocket to what speaks nothing but HTTP/2: a stream of its own (RFC 8441).</summary>
    public static bool IsStreamed(Exchange exchange, UpstreamProtocol protocol) =>
        protocol.IsHttp2Only && exchange.WantsUpgrade && (exchange.IsStreamedWebSocket || WebSocketHandshake.IsWebSocket(exchange.Request.Headers.Upgrade));

    /// <summary>The copy of a request.</summary>
    /// <param name="head">As <see cref="RequestHead.WriteCopy"/> made it.</param>
    /// <param name="body">Null: there is none.</param>
    public static HttpRequestMessage OfCopy(ReadOnlySpan<byte> head, UpstreamClient client, HttpContent? body) => Create(head, client, body, isStreamed: false, isUpgrade: false, takesTrailers: true);

    static HttpRequestMessage Create(ReadOnlySpan<byte> head, UpstreamClient client, HttpContent? body, bool isStreamed, bool isUpgrade, bool takesTrailers)
    {
        var protocol = client.Protocol;
        var line = head[..head.IndexOf("\r\n"u8)];
        var (first, last) = (line.IndexOf((byte)' '), line.LastIndexOf((byte)' '));
        var request = new HttpRequestMessage(isStreamed ? HttpMethod.Connect : new HttpMethod(Encoding.Latin1.GetString(line[..first])), client.AddressOf(Encoding.Latin1.GetString(line[(first + 1)..last])))
        {
            Version = isUpgrade ? HttpVersion.Version11 : HttpVersion.Version20,
            VersionPolicy = isUpgrade || protocol.IsHttp2Only ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
            Content = body,
        };
        for (var rest = head[(line.Length + 2)..]; rest.IndexOf("\r\n"u8) is > 0 and var end; rest = rest[(end + 2)..]) Add(request, rest[..end], isUpgrade, isStreamed);
        if (isStreamed) request.Headers.Protocol = "websocket";
        if (isUpgrade) request.Headers.TryAddWithoutValidation(HeaderNames.Connection, HeaderNames.Upgrade);
        else if (takesTrailers) request.Headers.TryAddWithoutValidation(HeaderNames.TE, Trailers);
        return request;
    }

    static void Add(HttpRequestMessage request, ReadOnlySpan<byte> line, bool isUpgrade, bool isStreamed)
    {
        var colon = line.IndexOf((byte)':');
        var (name, value) = (Encoding.Latin1.GetString(line[..colon]), Encoding.Latin1.GetString(line[(colon + 2)..]));
        switch (HeaderKinds.Of(name))
        {
            case HeaderKind.Upgrade when isUpgrade:
                break;
            // The length is said by the body itself; 100 Continue, where it is waited for, comes of the body's first read.
            case HeaderKind.Connection or HeaderKind.TransferEncoding or HeaderKind.HopByHop or HeaderKind.Upgrade or HeaderKind.ContentLength or HeaderKind.Expect:
                return;
            case HeaderKind.Host:
                request.Headers.Host = value;
                return;
        }
        if (isStreamed && name.Equals(KeyHeader, StringComparison.OrdinalIgnoreCase)) return;
        if (request.Headers.TryAddWithoutValidation(name, value)) return;
        // Of a body, even where there is none.
        request.Content ??= new ByteArrayContent([]);
        request.Content.Headers.TryAddWithoutValidation(name, value);
    }
}
