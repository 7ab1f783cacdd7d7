using System.Globalization;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Slipway.Registry.Auth;
using Slipway.Server.Api;
using Slipway.Server.Members;

namespace Slipway.Server.Auth;

/// <summary>
/// Who sends a request to the API: the admin token or an account of the registry, as <c>Authorization: Bearer TOKEN</c> (RFC 6750, section 2.1; the admin
/// token alone) or Basic (RFC 7617). No cookies: nothing that a browser would add by itself is ever a credential.
/// </summary>
sealed class CredentialHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, Authenticator authenticator)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "Slipway";

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        if (Request.Headers.Authorization is not [{ Length: > 0 } header]) return AuthenticateResult.NoResult();
        var authentication = await authenticator.Authenticate(header, Context.Connection.RemoteIpAddress?.ToString());
        if (authentication.RetryAfter is { } wait) Response.Headers.RetryAfter = Math.Ceiling(wait.TotalSeconds).ToString(CultureInfo.InvariantCulture);
        if (authentication.Wrong is { } wrong) return AuthenticateResult.Fail(wrong);
        // A token of the registry is for pulling and pushing what it names, and for nothing else.
        if (authentication.Identity.IsAnonymous || authentication.Identity.ByToken) return AuthenticateResult.Fail("a token of the registry is no credential for the API");
        Context.Features.Set(authentication.Identity);
        return AuthenticateResult.Success(new AuthenticationTicket(authentication.Identity.Principal, SchemeName));
    }

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        Response.Headers.WWWAuthenticate = "Bearer realm=\"Slipway\"";
        await Problems.Write(Context, StatusCodes.Status401Unauthorized,
            Request.Headers.Authorization.Count == 0
                ? "A credential is needed: send the content of DATA/admin.token as 'Authorization: Bearer TOKEN', or an account's name and password as Basic."
                : "The credential is not this server's. It is the content of admin.token in the data folder, sent as 'Authorization: Bearer TOKEN', or an account's name and password as Basic.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        Problems.Write(Context, StatusCodes.Status403Forbidden, Context.Features.Get<RefusedBecause>()?.Reason ?? $"{Context.User.Identity?.Name} is no administrator of this platform.");
}
