using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Slipway.Registry.Auth;

namespace Slipway.Server.Auth;

static class Credentials
{
    /// <summary>The policy of endpoints that any account may ask; what he may see or do there, they decide by his rights.</summary>
    public const string AnyAccount = "AnyAccount";

    /// <summary>Every endpoint, and every path that is none, is for administrators unless it says otherwise.</summary>
    public static void AddCredentials(this IServiceCollection services, AdminToken token)
    {
        services.AddSingleton(token);
        services.AddAuthentication(CredentialHandler.SchemeName).AddScheme<AuthenticationSchemeOptions, CredentialHandler>(CredentialHandler.SchemeName, null);
        services.AddAuthorizationBuilder()
            .AddPolicy(AnyAccount, new AuthorizationPolicyBuilder(CredentialHandler.SchemeName).RequireAuthenticatedUser().Build())
            .SetFallbackPolicy(new AuthorizationPolicyBuilder(CredentialHandler.SchemeName).RequireAuthenticatedUser().RequireRole(Identity.AdminRole).Build());
    }

    /// <summary>Who sent the request, and what he may do in the registry.</summary>
    public static Identity Account(this HttpContext context) => context.Features.Get<Identity>() ?? Identity.Anonymous;
}
