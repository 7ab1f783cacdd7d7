using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Endpoints;
using Slipway.Registry.Events;
using Slipway.Registry.Secrets;

namespace Slipway.Registry.Auth;

static class AccessServices
{
    /// <summary>Access control where the options ask for it; without it, everybody may do everything.</summary>
    public static IServiceCollection AddAccess(this IServiceCollection services, AccessOptions? options)
    {
        services.AddSingleton<PublicProjects>();
        if (options is null) return services;
        return services
            .AddSingleton(options)
            .AddSingleton<TokenKeys>()
            .AddSingleton<Tokens>()
            .AddSingleton(provider => new Authenticator(
                provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<Tokens>(), provider.GetRequiredService<EventLog>(), options,
                provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<Challenges>()
            .AddSingleton<AccessControl>()
            .AddSingleton<TokenEndpoint>()
            .AddSingleton<AccessChanges>()
            .AddSingleton(provider => new Accounts(provider.GetRequiredService<AccessChanges>()))
            .AddSingleton(provider => new Projects(provider.GetRequiredService<AccessChanges>(), provider.GetRequiredService<PublicProjects>()))
            .AddSingleton(provider => new Robots(provider.GetRequiredService<AccessChanges>()))
            .AddSingleton(provider => new AuditLog(provider.GetRequiredService<Database.Database>()))
            .AddSingleton<PullAudit>()
            .AddHostedService(provider => provider.GetRequiredService<PullAudit>())
            .AddHostedService<AuditExpiry>();
    }
}
