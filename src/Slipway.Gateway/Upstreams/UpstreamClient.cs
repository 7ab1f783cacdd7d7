using System.Globalization;
using System.Net;
using System.Net.Http;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;
using Slipway.Gateway.Forwarding;
using Slipway.Model;

namespace Slipway.Gateway.Upstreams;

/// <summary>
/// One instance's connections where it is spoken to in HTTP/2 or over TLS. Cleartext HTTP/1.1 has a client of our own (<see cref="ConnectionPool"/>), which
/// costs a request a fraction of this one.
/// </summary>
sealed class UpstreamClient : IDisposable
{
    static readonly TimeSpan PingAfter = TimeSpan.FromSeconds(30), PingLimit = TimeSpan.FromSeconds(20), WarnEvery = TimeSpan.FromMinutes(1);

    // Else a path would be taken apart and put together in another way than the client wrote it.
    static readonly UriCreationOptions AsWritten = new() { DangerousDisablePathAndQueryCanonicalization = true };

    readonly IPEndPoint _address;
    readonly HttpMessageInvoker _invoker;
    readonly string _origin;
    long _warned = long.MinValue / 2;
    long _connectLimit;

    public UpstreamClient(IPEndPoint address, UpstreamProtocol protocol, TimeSpan idle)
    {
        (_address, Protocol) = (address, protocol);
        _origin = string.Create(CultureInfo.InvariantCulture, $"{(protocol.IsTls ? "https" : "http")}://{address}");
        _invoker = new HttpMessageInvoker(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            AutomaticDecompression = DecompressionMethods.None,
            UseProxy = false,
            UseCookies = false,
            ActivityHeadersPropagator = null,
            EnableMultipleHttp2Connections = true,
            PooledConnectionIdleTimeout = idle,
            // What is connected to is the table's business; a limit of our own is in Connect.
            ConnectTimeout = Timeout.InfiniteTimeSpan,
            // A stream may be silent for hours; a machine that is gone must be noticed all the same.
            KeepAlivePingDelay = PingAfter,
            KeepAlivePingTimeout = PingLimit,
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ConnectCallback = Connect,
        });
    }

    public UpstreamProtocol Protocol { get; }

    /// <summary>Of requests that ask for no upgrade.</summary>
    public (Version Version, HttpVersionPolicy Policy) Versions =>
        (HttpVersion.Version20, Protocol.IsHttp2Only ? HttpVersionPolicy.RequestVersionExact : HttpVersionPolicy.RequestVersionOrLower);

    /// <param name="target">In origin form.</param>
    public Uri AddressOf(string target) => new(target is ['/', ..] ? _origin + target : _origin + "/", AsWritten);

    /// <summary>Returns with the answer's head. The body of the request may still be on its way.</summary>
    /// <param name="connectLimit">For a new connection, TLS included.</param>
    public Task<HttpResponseMessage> Send(HttpRequestMessage request, TimeSpan connectLimit, CancellationToken cancel)
    {
        Volatile.Write(ref _connectLimit, connectLimit.Ticks);
        return _invoker.SendAsync(request, cancel);
    }

    /// <summary>True once in a while: what goes wrong for each request need not be said for each.</summary>
    public bool MayWarn()
    {
        var (now, last) = (Environment.TickCount64, Volatile.Read(ref _warned));
        return now - last >= (long)WarnEvery.TotalMilliseconds && Interlocked.CompareExchange(ref _warned, now, last) == last;
    }

    public void Dispose() => _invoker.Dispose();

    /// <summary>TLS is begun here and not by the handler, which would ask for the name that the client's Host header says.</summary>
    async ValueTask<Stream> Connect(SocketsHttpConnectionContext context, CancellationToken cancel)
    {
        var limit = new TimeSpan(Volatile.Read(ref _connectLimit));
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        end.CancelAfter(limit);
        var socket = new Socket(_address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        string? distrust = null;
        try
        {
            await socket.ConnectAsync(_address, end.Token);
            var stream = new NetworkStream(socket, ownsSocket: true);
            if (!Protocol.IsTls) return stream;
            var tls = new SslStream(stream);
            await tls.AuthenticateAsClientAsync(UpstreamTls.Options(Protocol, context.InitialRequestMessage.Version != HttpVersion.Version11, why => distrust = why), end.Token);
            if (Protocol.IsHttp2Only && tls.NegotiatedApplicationProtocol != SslApplicationProtocol.Http2)
                throw new AuthenticationException("it does not offer HTTP/2 (ALPN h2)");
            return tls;
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            socket.Dispose();
            throw new UpstreamConnectException(Outcome.ConnectTimedOut, $"no connection within {limit.TotalSeconds.ToString(CultureInfo.InvariantCulture)} s");
        }
        catch (SocketException refused)
        {
            socket.Dispose();
            throw new UpstreamConnectException(Outcome.Refused, refused.Message, refused);
        }
        catch (Exception failed) when (failed is AuthenticationException or IOException)
        {
            socket.Dispose();
            throw new UpstreamConnectException(Outcome.Untrusted, distrust ?? failed.InnerException?.Message ?? failed.Message, failed);
        }
    }
}
