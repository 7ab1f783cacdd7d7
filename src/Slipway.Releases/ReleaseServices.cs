using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Slipway.Database;
using Slipway.Engines;
using Slipway.Releases.Reconciling;
using Slipway.Releases.Storing;

namespace Slipway.Releases;

public static class ReleaseServices
{
    /// <summary>The tables of rollouts, for <see cref="Database.Database.Open"/>.</summary>
    public static MigrationSet Migrations { get; } = MigrationSet.FromAssembly("releases", typeof(ReleaseServices).Assembly).With(5, RouteRows.MoveFromDocument);

    /// <summary>
    /// <see cref="Rollouts"/>, <see cref="Previews"/>, <see cref="ReleaseQueries"/>, <see cref="CanaryQueries"/>, <see cref="RolloutJournal"/> and the <see cref="Reconciler"/>.
    /// Needs a <see cref="Database.Database"/> opened with <see cref="Migrations"/>, an <see cref="IEngine"/> and <see cref="IGateways"/>.
    /// </summary>
    public static IServiceCollection AddReleases(this IServiceCollection services, ReleaseOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(new RolloutJournal(Path.Combine(options.DataFolder, "rollouts")));
        services.AddSingleton(new GrantedFiles(Path.Combine(options.DataFolder, "files")));
        services.AddSingleton<Bells>();
        services.AddSingleton<Observations>();
        services.AddSingleton<Transitions>();
        services.AddSingleton<NetworkProbe>();
        services.AddSingleton<RoutePublisher>();
        services.AddSingleton<SharedReports>();
        services.AddSingleton(provider => new LoopServices
        {
            Database = provider.GetRequiredService<Database.Database>(),
            Engine = provider.GetRequiredService<IEngine>(),
            Reports = provider.GetRequiredService<SharedReports>(),
            Publisher = provider.GetRequiredService<RoutePublisher>(),
            Transitions = provider.GetRequiredService<Transitions>(),
            Journal = provider.GetRequiredService<RolloutJournal>(),
            Observations = provider.GetRequiredService<Observations>(),
            Bells = provider.GetRequiredService<Bells>(),
            Probe = provider.GetRequiredService<NetworkProbe>().Check,
            Time = provider.GetRequiredService<TimeProvider>(),
            Log = provider.GetRequiredService<ILogger<Reconciler>>(),
            RegistryAddress = options.RegistryAddress,
            ResyncEvery = options.ResyncEvery,
        });
        services.AddSingleton(provider => new Rollouts(
            provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<RolloutJournal>(), provider.GetRequiredService<GrantedFiles>(),
            provider.GetRequiredService<Bells>(), provider.GetRequiredService<TimeProvider>(), Ports));
        services.AddSingleton(provider => new Previews(
            provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<Rollouts>(), provider.GetRequiredService<Bells>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new DeployPlans(
            provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<GrantedFiles>(), provider.GetRequiredService<TimeProvider>(), Ports));
        services.AddSingleton(provider => new MaintenanceSwitch(
            provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<RoutePublisher>(), provider.GetRequiredService<Bells>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new FreezeSwitch(provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<Bells>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ApprovalSwitch(provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<Bells>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ReleaseEventLog(provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ReleaseQueries(
            provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<Observations>(), options, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new CanaryQueries(
            provider.GetRequiredService<Database.Database>(), provider.GetRequiredService<Observations>(), provider.GetRequiredService<ReleaseQueries>(),
            provider.GetRequiredService<IGateways>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new Reconciler(provider.GetRequiredService<LoopServices>()));
        services.AddHostedService(provider => provider.GetRequiredService<Reconciler>());
        return services;

        MachinePorts Ports() => options.IsEngineHere ? MachinePorts.Look(options.GatewayPort, options.GatewayHttpsPort) : MachinePorts.Unknown;
    }
}
