using Microsoft.Extensions.DependencyInjection;
using Slipway.Registry.Events;

namespace Slipway.Registry.Policies;

static class PolicyServices
{
    /// <summary>What images must have to be deployed, and the gate that asks for it.</summary>
    public static IServiceCollection AddPolicies(this IServiceCollection services) => services
        .AddSingleton(all => new DeployPolicies(all.GetRequiredService<Database.Database>(), all.GetRequiredService<EventLog>(), all.GetRequiredService<TimeProvider>()))
        .AddSingleton<IImageCheck, SignatureCheck>()
        .AddSingleton<IImageCheck, VulnerabilityCheck>()
        .AddSingleton(all => new PolicyGate(all.GetRequiredService<DeployPolicies>(), all.GetServices<IImageCheck>()));
}
