using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Slipway.Registry.Copying;
using Slipway.Registry.Events;
using Slipway.Registry.Mirroring.Caching;
using Slipway.Registry.Mirroring.Replicating;
using Slipway.Registry.Secrets;
using Slipway.Registry.Storage;
using Slipway.Registry.Uploads;

namespace Slipway.Registry.Mirroring;

static class MirroringServices
{
    public static IServiceCollection AddMirroring(this IServiceCollection services) => services
        .AddSingleton(all => new Caches(
            all.GetRequiredService<Database.Database>(), all.GetRequiredService<EventLog>(), all.GetRequiredService<SecretBox>(),
            all.GetRequiredService<TimeProvider>(), all.GetRequiredService<ILogger<Caches>>()))
        .AddSingleton<TagChecks>()
        .AddSingleton<LastPulls>()
        .AddSingleton(all => new BlobFetches(
            all.GetRequiredService<UploadSessions>(), all.GetRequiredService<BlobIndex>(), all.GetRequiredService<IBlobStore>(), all.GetRequiredService<RegistryOptions>(),
            all.GetRequiredService<TimeProvider>(), all.GetService<IHostApplicationLifetime>(), all.GetRequiredService<ILogger<BlobFetches>>()))
        .AddSingleton<PullThrough>()
        .AddSingleton<CachedReferrers>()
        .AddSingleton<LocalStores>()
        .AddSingleton(all => new Replications(
            all.GetRequiredService<Database.Database>(), all.GetRequiredService<EventLog>(), all.GetRequiredService<SecretBox>(), all.GetRequiredService<TimeProvider>()))
        .AddSingleton<Replicator>()
        .AddHostedService<ReplicationSchedule>()
        .AddHostedService<Upkeep>();
}
