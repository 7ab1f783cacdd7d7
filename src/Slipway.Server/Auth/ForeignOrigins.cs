using Slipway.Server.Api;

namespace Slipway.Server.Auth;

/// <summary>
/// Refuses what a page of another site makes a browser send. The API takes no cookies, so such a request carries no credential of its own;
/// this is the second wall, for a browser that has cached a Basic password for this host.
/// </summary>
static class ForeignOrigins
{
    public static void UseForeignOriginRefusal(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        if (context.Request.Headers.Origin is [{ Length: > 0 } origin] && !IsOwn(origin, context.Request))
        {
            await Problems.Write(context, StatusCodes.Status403Forbidden, $"Requests from pages of {origin} are refused.");
            return;
        }
        await next(context);
    });

    /// <summary>Host and port must be the request's own; the scheme may differ, because a reverse proxy in front may speak TLS.</summary>
    static bool IsOwn(string origin, HttpRequest request) =>
        Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https"
        && string.Equals(uri!.Authority, request.Host.Value, StringComparison.OrdinalIgnoreCase);
}
