using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Slipway.Database;
using Slipway.Registry.Auth;
using Slipway.Registry.Endpoints;
using Slipway.Registry.Events;
using Slipway.Registry.GarbageCollection;
using Slipway.Registry.Images;
using Slipway.Registry.Manifests;
using Slipway.Registry.Measuring;
using Slipway.Registry.Mirroring;
using Slipway.Registry.Notifications;
using Slipway.Registry.Policies;
using Slipway.Registry.Rules;
using Slipway.Registry.Scanning;
using Slipway.Registry.Secrets;
using Slipway.Registry.Signatures;
using Slipway.Registry.Storage;
using Slipway.Registry.Uploads;
using Slipway.Registry.Verifying;

namespace Slipway.Registry;

public static class RegistryExtensions
{
    /// <summary>The registry's tables, for <see cref="Database.Database.Open"/>.</summary>
    public static MigrationSet RegistryMigrations { get; } = MigrationSet.FromAssembly("registry", typeof(RegistryExtensions).Assembly);

    /// <summary>The registry's services, among them <see cref="ImageCatalog"/>. Needs a <see cref="Database.Database"/> with its migrations.</summary>
    public static IServiceCollection AddRegistry(this IServiceCollection services, RegistryOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        return services
            .AddSingleton(options)
            .AddSingleton(_ => options.Storage?.Open() ?? new FileBlobStore(options.Folder))
            .AddSingleton<StoreMark>()
            .AddSingleton<EventLog>()
            .AddSingleton<BlobIndex>()
            .AddSingleton<SmallBlobs>()
            .AddSingleton<DigestLocks>()
            .AddSingleton<BlobPublisher>()
            .AddSingleton<UploadHolds>()
            .AddHostedService(provider => provider.GetRequiredService<UploadHolds>())
            .AddSingleton<UploadSessions>()
            .AddSingleton(_ => new ManifestCache(options.ManifestCacheBytes))
            .AddSingleton<ManifestStore>()
            .AddSingleton<Listings>()
            .AddSingleton(provider => new ImageCatalog(provider.GetRequiredService<ManifestStore>(), provider.GetRequiredService<Listings>()))
            .AddSingleton(_ => new SecretBox(options))
            .AddSingleton<RegistryMetrics>()
            .AddAccess(options.Access)
            .AddNotifications(options.Webhooks)
            .AddRules()
            .AddImageBrowsing()
            .AddSignatures()
            .AddPolicies()
            .AddMirroring()
            .AddScanning()
            .AddSingleton<BlobEndpoints>()
            .AddSingleton<UploadEndpoints>()
            .AddSingleton<ManifestBody>()
            .AddSingleton<DescriptorSizes>()
            .AddSingleton<ManifestEndpoints>()
            .AddSingleton<ListEndpoints>()
            .AddSingleton<RegistryEndpoint>()
            .AddHostedService<UploadExpiry>()
            .AddUpkeep();
    }

    /// <summary>
    /// Tries, before the host starts, whether the store of blobs can be used and belongs to the database: a server that fails every push, or takes another
    /// registry's blobs for garbage, is worse than one that says why it does not run.
    /// </summary>
    /// <exception cref="IOException">It can't, or does not; the text says which setting to look at.</exception>
    public static async Task CheckRegistryStore(this IServiceProvider services, CancellationToken cancel)
    {
        if (services.GetRequiredService<IBlobStore>() is ICheckedStore store) await store.Check(cancel);
        await services.GetRequiredService<StoreMark>().Check(cancel);
    }

    /// <summary>What keeps the store in order: garbage collection, verification.</summary>
    static IServiceCollection AddUpkeep(this IServiceCollection services) => services
        .AddSingleton<UpkeepClaims>()
        .AddSingleton<UntaggedManifests>()
        .AddSingleton<UnreferencedLinks>()
        .AddSingleton<UnlinkedBlobs>()
        .AddSingleton<Strays>()
        .AddSingleton<EmptyRepositories>()
        .AddSingleton(provider => new GarbageCollector(
            provider.GetRequiredService<UntaggedManifests>(), provider.GetRequiredService<UnreferencedLinks>(), provider.GetRequiredService<UnlinkedBlobs>(),
            provider.GetRequiredService<Strays>(), provider.GetRequiredService<EmptyRepositories>(), provider.GetRequiredService<UpkeepClaims>(),
            provider.GetRequiredService<EventLog>(), provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<RegistryOptions>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<GarbageCollector>>()))
        .AddHostedService<CollectionSchedule>()
        .AddSingleton<BlobCheck>()
        .AddSingleton<ManifestCheck>()
        .AddSingleton(provider => new Verifier(
            provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<BlobCheck>(), provider.GetRequiredService<ManifestCheck>(),
            provider.GetRequiredService<TimeProvider>()))
        .AddSingleton<Scrub>()
        .AddHostedService(provider => provider.GetRequiredService<Scrub>());

    /// <summary>
    /// Serves the OCI Distribution Specification 1.1 at /v2/. Who may do what is decided here where <see cref="RegistryOptions.Access"/> is set: the host lets
    /// everybody through to it.
    /// </summary>
    public static IEndpointConventionBuilder MapRegistry(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetService<TokenEndpoint>() is { } tokens) routes.Map(Challenges.TokenPath, tokens.Handle).WithDisplayName("registry tokens").AllowAnonymous();
        return routes.Map("/v2/{**path}", routes.ServiceProvider.GetRequiredService<RegistryEndpoint>().Handle).WithDisplayName("registry");
    }
}
