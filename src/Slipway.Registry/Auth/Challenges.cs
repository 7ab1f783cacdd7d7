using System.Net;
using Microsoft.AspNetCore.Http;

namespace Slipway.Registry.Auth;

/// <summary>
/// The 401's header (distribution, "Token Authentication Specification"; RFC 6750, section 3). The realm must be a whole URL: it is the configured one, or what
/// the client has used, which a reverse proxy on this machine passes on in X-Forwarded-Proto and X-Forwarded-Host. Such headers of others are not believed.
/// </summary>
sealed class Challenges(RegistryOptions options)
{
    public const string TokenPath = "/v2/token";

    /// <param name="scope">What a token should be asked for; null: no repository's.</param>
    /// <param name="error">"invalid_token" or "insufficient_scope", where a credential was sent.</param>
    public void Write(HttpContext context, string? scope, string? error)
    {
        var challenge = $"Bearer realm=\"{Base(context)}{TokenPath}\",service=\"{Tokens.Service}\"";
        if (scope is not null) challenge += $",scope=\"{scope}\"";
        if (error is not null) challenge += $",error=\"{error}\"";
        context.Response.Headers.WWWAuthenticate = challenge;
    }

    string Base(HttpContext context)
    {
        if (options.PublicUrl is { } known) return known.TrimEnd('/');
        var request = context.Request;
        var (scheme, host) = (request.Scheme, request.Host.Value ?? "");
        if (context.Connection.RemoteIpAddress is { } peer && IPAddress.IsLoopback(peer))
        {
            if (request.Headers["X-Forwarded-Proto"].ToString() is ("http" or "https") and var forwarded) scheme = forwarded;
            if (request.Headers["X-Forwarded-Host"].ToString() is { Length: > 0 and < 256 } named && named.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or ':' or '[' or ']')) host = named;
        }
        return $"{scheme}://{host.Replace("\"", "", StringComparison.Ordinal)}";
    }
}
