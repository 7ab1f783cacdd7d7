using System.Globalization;
using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Slipway.Gateway.Forwarding;

namespace Slipway.Gateway.Upstreams;

/// <summary>
/// What gRPC clients are told by the gateway itself: a status where others get a page (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md,
/// Trailers-Only), and what an instance's status means where HTTP's are counted.
/// </summary>
static class GrpcAnswers
{
    const string StatusName = "grpc-status", MessageName = "grpc-message";
    const int DeadlineExceeded = 4, PermissionDenied = 7, ResourceExhausted = 8, Unimplemented = 12, Internal = 13, Unavailable = 14, Unauthenticated = 16;

    /// <summary>In place of a page. HTTP's 200 says only that gRPC was understood.</summary>
    public static void Write(Exchange exchange, ErrorPage page)
    {
        var (response, headers) = (exchange.Response, exchange.Response.Headers);
        headers.Clear();
        response.StatusCode = StatusCodes.Status200OK;
        headers.ContentType = exchange.Request.Headers.ContentType.ToString();
        headers[StatusName] = StatusOf(page).ToString(CultureInfo.InvariantCulture);
        headers[MessageName] = Escape(page.Text);
        if (page.Kind is not null) headers["X-Slipway-Error"] = page.Kind;
        if (!exchange.IsHttp2) headers.ContentLength = 0;
    }

    /// <summary>An answer that has begun and won't be continued. False: the client can't be told, and the stream must be broken.</summary>
    public static bool TryEnd(Exchange exchange)
    {
        if (!exchange.IsGrpc || exchange.ClientIsGone || exchange.Features.Get<IHttpResponseTrailersFeature>()?.Trailers is not { IsReadOnly: false } trailers) return false;
        trailers[StatusName] = Unavailable.ToString(CultureInfo.InvariantCulture);
        trailers[MessageName] = "The instance broke off its answer.";
        return true;
    }

    /// <summary>Errors of the server's (those that OpenTelemetry's conventions for gRPC name) as HTTP would say them; what is the client's own fault, or is none, is 200.</summary>
    /// <param name="status">grpc-status as the instance said it.</param>
    public static int HttpStatus(string? status) => status switch
    {
        "2" or "13" or "15" => StatusCodes.Status500InternalServerError,
        "12" => StatusCodes.Status501NotImplemented,
        "14" => StatusCodes.Status503ServiceUnavailable,
        "4" => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status200OK,
    };

    static int StatusOf(ErrorPage page) => page switch
    {
        // An instance may have acted on it: a client should not simply try again, as it does with "unavailable".
        { IsLate: true } => DeadlineExceeded,
        { Status: 400 } => Internal,
        { Status: 401 } => Unauthenticated,
        { Status: 403 or 421 } => PermissionDenied,
        { Status: 404 or 501 } => Unimplemented,
        { Status: 413 } => ResourceExhausted,
        _ => Unavailable,
    };

    /// <summary>Percent-encoding of what is no printable ASCII.</summary>
    static string Escape(string text)
    {
        var escaped = new StringBuilder(text.Length);
        foreach (var b in Encoding.UTF8.GetBytes(text))
            if (b is >= 0x20 and < 0x7f and not (byte)'%') escaped.Append((char)b);
            else escaped.Append('%').Append(b.ToString("X2", CultureInfo.InvariantCulture));
        return escaped.ToString();
    }
}
