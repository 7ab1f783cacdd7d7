using Microsoft.Net.Http.Headers;

namespace Slipway.Gateway.Forwarding;

/// <summary>What a proxy does with a header (RFC 9110, section 7.6.1).</summary>
enum HeaderKind
{
    Pass,
    Connection,
    ContentLength,
    TransferEncoding,
    Upgrade,

    /// <summary>Between two hops only.</summary>
    HopByHop,

    Expect,
    ForwardedFor,

    /// <summary>X-Forwarded-Proto, -Host, -Port: what the client sent is replaced. Forwarded (RFC 7239): left out, for an app may believe it instead.</summary>
    Forwarded,
    /// <summary>X-Forwarded-Prefix: of a proxy that is trusted, or our own.</summary>
    ForwardedPrefix,
    RequestId,

    /// <summary>W3C Trace Context.</summary>
    TraceParent,
    TraceState,
    Host,

    /// <summary>CDN-Loop: our own mark is added.</summary>
    HopMark,

    /// <summary>Says that the request is a copy: the gateway's own word.</summary>
    Mirrored,
}

static class HeaderKinds
{
    public static HeaderKind Of(string name) => name.Length switch
    {
        2 when Is(name, HeaderNames.TE) => HeaderKind.HopByHop,
        4 when Is(name, HeaderNames.Host) => HeaderKind.Host,
        6 when Is(name, HeaderNames.Expect) => HeaderKind.Expect,
        7 when Is(name, HeaderNames.Upgrade) => HeaderKind.Upgrade,
        8 when Is(name, Forwarding.HopMark.Header) => HeaderKind.HopMark,
        9 when Is(name, "Forwarded") => HeaderKind.Forwarded,
        10 when Is(name, HeaderNames.Connection) => HeaderKind.Connection,
        10 when Is(name, HeaderNames.KeepAlive) => HeaderKind.HopByHop,
        10 when Is(name, TraceContext.State) => HeaderKind.TraceState,
        11 when Is(name, TraceContext.Parent) => HeaderKind.TraceParent,
        12 when Is(name, "X-Request-Id") => HeaderKind.RequestId,
        14 when Is(name, HeaderNames.ContentLength) => HeaderKind.ContentLength,
        14 when Is(name, "HTTP2-Settings") => HeaderKind.HopByHop,
        15 when Is(name, "X-Forwarded-For") => HeaderKind.ForwardedFor,
        16 when Is(name, "X-Forwarded-Host") || Is(name, "X-Forwarded-Port") => HeaderKind.Forwarded,
        16 when Is(name, HeaderNames.ProxyConnection) => HeaderKind.HopByHop,
        17 when Is(name, HeaderNames.TransferEncoding) => HeaderKind.TransferEncoding,
        17 when Is(name, "X-Forwarded-Proto") => HeaderKind.Forwarded,
        18 when Is(name, Mirroring.CompiledMirror.Header) => HeaderKind.Mirrored,
        18 when Is(name, "X-Forwarded-Prefix") => HeaderKind.ForwardedPrefix,
        18 when Is(name, HeaderNames.ProxyAuthenticate) => HeaderKind.HopByHop,
        19 when Is(name, HeaderNames.ProxyAuthorization) => HeaderKind.HopByHop,
        _ => HeaderKind.Pass,
    };

    static bool Is(string name, string known) => ReferenceEquals(name, known) || name.Equals(known, StringComparison.OrdinalIgnoreCase);
}
