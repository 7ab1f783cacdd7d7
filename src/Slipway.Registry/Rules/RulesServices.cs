using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Slipway.Registry.Events;
using Slipway.Registry.Images;
using Slipway.Registry.Rules.Retention;

namespace Slipway.Registry.Rules;

static class RulesServices
{
    /// <summary>The rules of projects. What is in use is told by an <see cref="ImageUses"/> of the server; without one nothing is.</summary>
    public static IServiceCollection AddRules(this IServiceCollection services)
    {
        services.TryAddSingleton<ImageUses>(_ => []);
        return services
            .AddSingleton<ImmutableTags>()
            .AddSingleton<QuotaGuard>()
            .AddSingleton<RetentionRemoval>()
            .AddSingleton(all => new ProjectRules(all.GetRequiredService<Database.Database>(), all.GetRequiredService<EventLog>(), all.GetRequiredService<TimeProvider>()))
            .AddSingleton(all => new ProjectRetention(
                all.GetRequiredService<Database.Database>(), all.GetRequiredService<RetentionRemoval>(), all.GetRequiredService<ImmutableTags>(),
                all.GetRequiredService<ImageUses>(), all.GetRequiredService<EventLog>(), all.GetRequiredService<TimeProvider>()))
            .AddSingleton<RetentionSchedule>()
            .AddHostedService(all => all.GetRequiredService<RetentionSchedule>());
    }
}
