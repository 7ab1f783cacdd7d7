using System.Buffers.Text;
using System.Security.Claims;
using System.Text;
using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.Extensions.Options;
using Slipway.Server.Api;

namespace Slipway.Server.Auth;

/// <summary>
/// The admin token, as <c>Authorization: Bearer TOKEN</c> (RFC 6750, section 2.1) or as the Basic password of the user <c>admin</c>
/// (RFC 7617), which is what docker and git can send. No cookies: nothing that a browser would add by itself is ever a credential.
/// </summary>
sealed class AdminTokenHandler(IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder, AdminToken token)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
{
    public const string SchemeName = "AdminToken";
    const string BearerPrefix = "Bearer ", BasicPrefix = "Basic ";
    const int LongestCredential = 512;

    // One for all requests: there is one user, and nothing is ever added to it. The registry's hot path allocates nothing here.
    static readonly AuthenticateResult Admin = AuthenticateResult.Success(new AuthenticationTicket(
        new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "admin")], SchemeName)), SchemeName));

    static readonly AuthenticateResult Wrong = AuthenticateResult.Fail("The credential is not this server's admin token.");

    protected override Task<AuthenticateResult> HandleAuthenticateAsync() => Task.FromResult(Authenticate());

    protected override async Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.StatusCode = StatusCodes.Status401Unauthorized;
        if (Request.Path.StartsWithSegments("/v2"))
        {
            Response.Headers.WWWAuthenticate = "Basic realm=\"Slipway\"";
            Response.ContentType = "application/json";
            // OCI Distribution Specification 1.1, "Error Codes".
            await Response.WriteAsync("""{"errors":[{"code":"UNAUTHORIZED","message":"authentication required: user admin, password the content of admin.token"}]}""", Context.RequestAborted);
            return;
        }
        Response.Headers.WWWAuthenticate = "Bearer realm=\"Slipway\"";
        await Problems.Write(Context, StatusCodes.Status401Unauthorized,
            Request.Headers.Authorization.Count == 0
                ? "A credential is needed: send the content of DATA/admin.token as 'Authorization: Bearer TOKEN'."
                : "The credential is not this server's. It is the content of admin.token in the data folder, sent as 'Authorization: Bearer TOKEN'.");
    }

    AuthenticateResult Authenticate()
    {
        if (Request.Headers.Authorization is not [{ Length: > 0 and <= LongestCredential } header]) return AuthenticateResult.NoResult();
        if (header.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)) return IsToken(header.AsSpan(BearerPrefix.Length).Trim()) ? Admin : Wrong;
        if (header.StartsWith(BasicPrefix, StringComparison.OrdinalIgnoreCase)) return IsAdmin(header.AsSpan(BasicPrefix.Length).Trim()) ? Admin : Wrong;
        return AuthenticateResult.NoResult();
    }

    bool IsToken(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[LongestCredential];
        return Encoding.ASCII.TryGetBytes(text, bytes, out var length) && token.Matches(bytes[..length]);
    }

    bool IsAdmin(ReadOnlySpan<char> text)
    {
        Span<byte> bytes = stackalloc byte[LongestCredential];
        if (!Encoding.ASCII.TryGetBytes(text, bytes, out var length)
            || Base64.DecodeFromUtf8InPlace(bytes[..length], out var decoded) != System.Buffers.OperationStatus.Done) return false;
        var credential = bytes[..decoded];
        return credential.StartsWith("admin:"u8) && token.Matches(credential["admin:"u8.Length..]);
    }
}
