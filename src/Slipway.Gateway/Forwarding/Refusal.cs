using Microsoft.AspNetCore.Http;

namespace Slipway.Gateway.Forwarding;

/// <summary>Requests that Kestrel lets through and a gateway must not.</summary>
static class Refusal
{
    public static ErrorPage? Of(Exchange exchange)
    {
        var request = exchange.Request;
        if (exchange.IsHttp2 && StreamedRequest.Fault(exchange) is { } fault) return ErrorPage.BadRequest(fault);
        // Kestrel resolves a length beside a coding by renaming it. Two readings of one request are how requests are smuggled (RFC 9112, section 11.2).
        if (!exchange.IsHttp2 && request.Headers.TransferEncoding.Count > 0 && request.Headers.ContainsKey("X-Content-Length"))
            return ErrorPage.BadRequest("The request has both Content-Length and Transfer-Encoding.");
        if (exchange.IsHttp2 && request.Headers.TransferEncoding.Count > 0) return ErrorPage.BadRequest("HTTP/2 has no Transfer-Encoding.");
        // A space ends the target; a fragment is for instances no part of the path, for routes it would be (RFC 9112, section 3.2).
        if (!IsTarget(request.RawTarget)) return ErrorPage.BadRequest("The request's target has characters that none may have.");
        if (HttpMethods.IsConnect(request.Method) && !exchange.IsStreamedWebSocket) return ErrorPage.BadRequest("CONNECT is for proxies that a client chose; this is a gateway to apps.");
        return request.Headers.TryGetValue(HopMark.Header, out var marks) && HopMark.IsLoop(marks) ? ErrorPage.Loop : null;
    }

    static bool IsTarget(ReadOnlySpan<char> target) => !target.ContainsAnyExceptInRange('!', '~') && !target.Contains('#');
}
