using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;

namespace Slipway.Server.Auth;

static class Authentication
{
    /// <summary>Every endpoint, and every path that is none, needs the credential unless it says that it does not.</summary>
    public static void AddAdminToken(this IServiceCollection services, AdminToken token)
    {
        services.AddSingleton(token);
        services.AddAuthentication(AdminTokenHandler.SchemeName)
            .AddScheme<AuthenticationSchemeOptions, AdminTokenHandler>(AdminTokenHandler.SchemeName, null);
        services.AddAuthorizationBuilder()
            .SetFallbackPolicy(new AuthorizationPolicyBuilder(AdminTokenHandler.SchemeName).RequireAuthenticatedUser().Build());
    }
}
