using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Net;
using System.Text;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Gateway.Listening;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Mirroring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Retrying;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Transport;

namespace Slipway.Gateway.Forwarding;

/// <summary>
/// One request and its answer. Made once for a client's HTTP/1.1 connection (or HTTP/2 stream, which Kestrel pools too) and used for one request
/// after the other, so that a request costs next to no memory.
/// </summary>
sealed class Exchange
{
    readonly IHttpRequestBodyDetectionFeature? _bodyDetection;
    readonly IRequestBodyPipeFeature? _bodyPipe;
    readonly IHttpExtendedConnectFeature? _connect;
    readonly TrustedProxies? _proxies;
    IPAddress? _client;
    CancellationTokenRegistration _aborted;
    IUpstreamCall? _upstream;
    volatile bool _gone;

    public Exchange(IFeatureCollection features, TrustedProxies proxies, bool isTimed)
    {
        (Features, IsTimed) = (features, isTimed);
        Request = features.GetRequiredFeature<IHttpRequestFeature>();
        Response = features.GetRequiredFeature<IHttpResponseFeature>();
        Body = features.GetRequiredFeature<IHttpResponseBodyFeature>();
        Lifetime = features.GetRequiredFeature<IHttpRequestLifetimeFeature>();
        Upgrade = features.Get<IHttpUpgradeFeature>();
        _connect = features.Get<IHttpExtendedConnectFeature>();
        _bodyDetection = features.Get<IHttpRequestBodyDetectionFeature>();
        _bodyPipe = features.Get<IRequestBodyPipeFeature>();
        (Listener, PortTls) = features.Get<ArrivalFeature>() is { } arrival ? (arrival.RoutePort, arrival.Tls) : (null, null);
        Loop = features.Get<ILoopFeature>()?.Loop;
        IsHttp2 = HttpProtocol.IsHttp2(Request.Protocol) || HttpProtocol.IsHttp3(Request.Protocol);

        var connection = features.GetRequiredFeature<IHttpConnectionFeature>();
        Peer = Networks.Plain(connection.RemoteIpAddress ?? IPAddress.None);
        PeerText = Encoding.ASCII.GetBytes(connection.RemoteIpAddress is null ? "unknown" : Peer.ToString());
        _proxies = proxies.Trusts(Peer) ? proxies : null;
        LocalPort = connection.LocalPort;
        IsHttps = features.Get<ITlsConnectionFeature>() is not null;
        ForwardedTail = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"X-Forwarded-Proto: {(IsHttps ? "https" : "http")}\r\nX-Forwarded-Port: {connection.LocalPort}\r\n"));

        // One registration for the whole connection: the token of each request would be an object of each request.
        if (!IsHttp2) features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed.UnsafeRegister(static x => ((Exchange)x!).ClientLeft(), this);
    }

    public IFeatureCollection Features { get; }
    public IHttpRequestFeature Request { get; }
    public IHttpResponseFeature Response { get; }
    public IHttpResponseBodyFeature Body { get; }
    public IHttpRequestLifetimeFeature Lifetime { get; }
    public IHttpUpgradeFeature? Upgrade { get; }

    /// <summary>HTTP/2 or HTTP/3: one of several streams of its connection.</summary>
    public bool IsHttp2 { get; }

    public bool IsHttps { get; }

    /// <summary>The route port that the connection came in by, or null on the gateway's own addresses.</summary>
    public IPEndPoint? Listener { get; }

    /// <summary>Of a route port on which TLS is spoken.</summary>
    public PortTls? PortTls { get; }

    /// <summary>What serves the client's connection, and so the instance's too; null: no loop of ours.</summary>
    public EpollLoop? Loop { get; }

    /// <summary>The other end of the connection.</summary>
    public IPAddress Peer { get; }

    public byte[] PeerText { get; }

    public int LocalPort { get; }

    /// <summary>The other end is a proxy whose X-Forwarded headers are believed.</summary>
    public bool IsByProxy => _proxies is not null;

    /// <summary>Who asks: the other end, or whom a trusted proxy names.</summary>
    public IPAddress Client => _proxies is null ? Peer : _client ??= _proxies.ClientOf(Peer, Request.Headers["X-Forwarded-For"]);

    /// <summary>By which the client asked, here or at a trusted proxy.</summary>
    public string Scheme =>
        _proxies is not null && Request.Headers["X-Forwarded-Proto"].ToString() is "https" or "HTTPS" ? "https" : Request.Scheme;

    public byte[] ForwardedTail { get; }

    public long Started { get; private set; }
    public bool HasBody { get; private set; }
    public bool WantsUpgrade { get; private set; }

    /// <summary>A WebSocket over HTTP/2 (RFC 8441): a stream of its own, begun with CONNECT.</summary>
    public bool IsStreamedWebSocket { get; private set; }

    /// <summary>gRPC of any kind, gRPC-Web among them: what goes wrong is told by grpc-status.</summary>
    public bool IsGrpc => Request.Headers.ContentType.Count == 1 && Request.Headers.ContentType[0]!.StartsWith("application/grpc", StringComparison.OrdinalIgnoreCase);

    public PipeReader BodyReader => _bodyPipe!.Reader;

    /// <summary>A part of the client's body is gone to an instance: the request can't be sent again.</summary>
    public bool BodyConsumed { get; set; }

    /// <summary>Set where the client waits for 100 Continue. True: the instance wants the body; false: it answered without.</summary>
    public TaskCompletionSource<bool>? Continue { get; private set; }

    /// <summary>The route that was found, or null.</summary>
    public CompiledRoute? Route { get; set; }

    /// <summary>Of <see cref="Route"/>; null where nothing is done beside forwarding.</summary>
    public CompiledPolicy? Policy { get; set; }

    /// <summary>Of a request with a body that is being copied, until the body is whole.</summary>
    public RequestCopy? Copy { get; set; }

    /// <summary>Not null: a copy is on its way, and how this one ends counts beside it.</summary>
    public MirrorCounters? Copied { get; set; }

    /// <summary>The instance that was asked last, and its release.</summary>
    public InstanceState? Instance { get; set; }

    public int Release { get; set; }

    /// <summary>Whether anybody wants to know of <see cref="Asked"/> and <see cref="Answered"/>.</summary>
    public bool IsTimed { get; }

    /// <summary>Stopwatch's timestamps: the last attempt's begin, and the head of its answer; 0: none.</summary>
    public long Asked { get; set; }

    public long Answered { get; set; }

    /// <summary>Bytes of the answer's body.</summary>
    public long Sent { get; set; }

    /// <summary>Of X-Request-Id where the client sent none; 0: not yet given.</summary>
    public ulong RequestNumber { get; set; }

    /// <summary>W3C traceparent that the instance got, whether it came with the request or was begun here.</summary>
    public TraceContext Trace;

    /// <summary>The name that was let in by its password.</summary>
    public string? User { get; set; }

    /// <summary>The content coding in which the answer goes out, where that is done here.</summary>
    public string? Coding { get; set; }

    /// <summary>Who a request without a cookie was taken for, where its route is split.</summary>
    public UInt128? NewUser { get; set; }

    /// <summary>Of an experiment: the group of users that this one is in; null where users can't be told apart.</summary>
    public int? Group { get; set; }

    /// <summary>Set-Cookie of an answer to <see cref="NewUser"/>.</summary>
    public string? Cookie { get; set; }

    /// <summary>Set-Cookie of an answer that binds its client to <see cref="Instance"/>.</summary>
    public string? AffinityCookie { get; set; }

    /// <summary>Where the request may be sent once more though an instance had it.</summary>
    public RetryState? Retry { get; set; }

    /// <summary>What <see cref="Retry"/> is, where it is: kept for the next request.</summary>
    public RetryState? KeptRetry { get; set; }

    /// <summary>How it was answered, where its route is forwarded to. Done where it is not.</summary>
    public Outcome Outcome { get; set; }

    /// <summary>Strict-Transport-Security of the answer.</summary>
    public string? Hsts { get; set; }

    /// <summary>What Kestrel said about a malformed body.</summary>
    public BadHttpRequestException? Fault { get; set; }

    public AnswerHead Answer { get; } = new();

    public bool ClientIsGone => _gone;

    public void Begin()
    {
        Started = Stopwatch.GetTimestamp();
        HasBody = _bodyDetection is { CanHaveBody: true };
        // A tunnel of h2c would carry requests past the routes: its client is served HTTP/1.1 instead (RFC 9110, section 7.8, leaves the choice to us).
        WantsUpgrade = !IsHttp2 && !HasBody && Upgrade is { IsUpgradableRequest: true }
            && Request.Headers.Upgrade is { Count: > 0 } protocols && !Grammar.ListHolds(protocols.ToString(), "h2c");
        IsStreamedWebSocket = _connect is { IsExtendedConnect: true, Protocol: "websocket" };
        if (IsStreamedWebSocket) (HasBody, WantsUpgrade) = (false, true);
        (BodyConsumed, IsTunnel) = (false, false);
        (Route, Policy, Instance, User, Coding, _client) = (null, null, null, null, null, null);
        (Asked, Answered, Sent, RequestNumber) = (0, 0, 0, 0);
        Trace = default;
        Continue = HasBody && Request.Headers.Expect.Count > 0 ? new(TaskCreationOptions.RunContinuationsAsynchronously) : null;
        Fault = null;
        (Hsts, AffinityCookie, Retry, Outcome, Copied, Group) = (null, null, null, default, null, null);
        if (Cookie is not null) (NewUser, Cookie) = (null, null);
        if (!IsHttp2) return;
        _gone = false;
        _aborted = Lifetime.RequestAborted.UnsafeRegister(static x => ((Exchange)x!).ClientLeft(), this);
    }

    public void End()
    {
        if (Copy is { } copy)
        {
            Copy = null;
            copy.Drop();
        }
        if (IsHttp2) _aborted.Dispose();
    }

    /// <summary>It became an upgraded connection, and is counted as one.</summary>
    public bool IsTunnel { get; set; }

    /// <summary>The client's side of a connection that was upgraded; the answer's head goes out.</summary>
    public async ValueTask<Stream> AcceptUpgrade()
    {
        if (!IsStreamedWebSocket) return await Upgrade!.UpgradeAsync();
        // In HTTP/2 that is no change of protocol: the stream is simply taken (RFC 8441, section 5).
        Response.StatusCode = 200;
        Response.Headers.Remove("Sec-WebSocket-Accept");
        return await _connect!.AcceptAsync();
    }

    /// <summary>From here on a client that leaves closes the connection. False: it has left.</summary>
    public bool Attach(IUpstreamCall connection)
    {
        Interlocked.Exchange(ref _upstream, connection);
        // Either this sees the flag, or ClientLeft sees the connection.
        if (!_gone) return true;
        Detach();
        return false;
    }

    /// <summary>False: the client has left, and the connection was closed. Whoever takes the reference out decides, so it happens once.</summary>
    public bool Detach() => Interlocked.Exchange(ref _upstream, null) is not null;

    void ClientLeft()
    {
        _gone = true;
        Interlocked.Exchange(ref _upstream, null)?.Abort();
        Continue?.TrySetResult(false);
    }
}
