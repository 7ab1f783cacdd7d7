using System.Collections.Concurrent;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using Slipway.Model;

namespace Slipway.Releases.Reconciling;

/// <summary>HTTP clients for probes, one for each way in which instances are spoken to. Connections live for a short time, so that what a certificate has become is seen.</summary>
sealed class ProbeClients : IDisposable
{
    static readonly UpstreamProtocol Plain = new() { Scheme = UpstreamScheme.Http };

    readonly ConcurrentDictionary<UpstreamProtocol, HttpClient> _clients = [];

    public HttpClient For(UpstreamProtocol? protocol) => _clients.GetOrAdd(protocol ?? Plain, Create);

    /// <summary>A connection to the instance, with TLS where it is spoken.</summary>
    public static async Task<Stream> Connect(UpstreamProtocol? protocol, EndPoint address, CancellationToken cancel)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Stream? stream = null;
        try
        {
            await socket.ConnectAsync(address, cancel);
            stream = new NetworkStream(socket, ownsSocket: true);
            if (protocol is not { IsTls: true }) return stream;
            var tls = new SslStream(stream);
            stream = tls;
            await tls.AuthenticateAsClientAsync(UpstreamTls.Options(protocol, http2: true, static _ => { }), cancel);
            return tls;
        }
        catch
        {
            if (stream is not null) await stream.DisposeAsync();
            socket.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        foreach (var client in _clients.Values) client.Dispose();
    }

    // Redirects count as an answer; they must not lead the probe elsewhere, and no proxy of the server's environment stands between.
    static HttpClient Create(UpstreamProtocol protocol) => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        PooledConnectionLifetime = TimeSpan.FromSeconds(30),
        ConnectCallback = async (context, cancel) => await Connect(protocol, new IPEndPoint(IPAddress.Parse(context.DnsEndPoint.Host), context.DnsEndPoint.Port), cancel),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan,
        DefaultRequestVersion = protocol.Scheme == UpstreamScheme.Http ? HttpVersion.Version11 : HttpVersion.Version20,
        DefaultVersionPolicy = protocol.IsHttp2Only ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower,
    };
}
