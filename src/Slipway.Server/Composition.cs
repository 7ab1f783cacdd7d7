using Microsoft.Data.Sqlite;
using Slipway.Engines;
using Slipway.Engines.Docker;
using Slipway.Pipelines;
using Slipway.Pipelines.Images;
using Slipway.Registry;
using Slipway.Releases;
using Slipway.Server.Apps;
using Slipway.Server.Auth;
using Slipway.Server.Builds;
using Slipway.Server.Data;
using Slipway.Server.Gateways;
using Slipway.Server.Health;
using Slipway.Server.Logs;
using Slipway.Server.Metrics;
using Slipway.Server.Status;

namespace Slipway.Server;

/// <summary>How the parts are put together: the only place that knows all of them.</summary>
static class Composition
{
    public static void AddSlipway(this IServiceCollection services, ServerOptions options, DataFolder folder, PlatformListener listener, AdminToken token)
    {
        var database = Open(folder);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new StartTime(TimeProvider.System.GetUtcNow()));
        services.AddSingleton(folder);
        services.AddSingleton(listener);
        // Made by a factory, so that the container disposes of it, last of all that uses it.
        services.AddSingleton(_ => database);

        var engine = options.DockerHost ?? DockerClient.DefaultAddress;
        services.AddSingleton(_ => new DockerClient(engine));
        services.AddSingleton<IEngine>(all => new DockerEngine(all.GetRequiredService<DockerClient>(), image => Credential(image, listener, token)));
        services.AddRegistry(new RegistryOptions { Folder = folder.Registry });
        services.AddImages(new ImageOptions { RegistryAddress = listener.Address, RegistryPassword = () => token.Text, InstallMissing = Environment.IsPrivilegedProcess });
        services.AddReleases(new ReleaseOptions { DataFolder = folder.Path, RegistryAddress = listener.Address, GatewayPort = options.GatewayPort, IsEngineHere = engine.StartsWith("unix:", StringComparison.Ordinal) });
        services.AddSingleton<IGateways, LocalGateways>();

        services.AddSingleton<MetricsExporter>();
        services.AddSingleton<AppLogs>();
        services.AddSingleton<AppRemoval>();
        services.AddHostedService(all => all.GetRequiredService<AppRemoval>());
        services.AddSingleton<ImageTags>();
        services.AddSingleton<StatusReport>();
        services.AddSingleton<ReadinessChecks>();
        services.AddHostedService<Builder>();
    }

    public static void MapSlipway(this WebApplication app) 
    {
        app.MapMetrics();
        app.MapRegistry();
    }

    static RegistryCredential? Credential(string image, PlatformListener listener, AdminToken token) =>
        image.StartsWith(listener.Address + "/", StringComparison.Ordinal) ? new RegistryCredential(listener.Address, "admin", token.Text) : null;

    static Database.Database Open(DataFolder folder)
    {
        try
        {
            return Database.Database.Open(folder.Database, RegistryExtensions.RegistryMigrations, ReleaseServices.Migrations);
        }
        catch (Exception broken) when (broken is SqliteException or InvalidDataException)
        {
            throw new ServerStartException($"The database {folder.Database} can't be opened: {broken.Message}", broken);
        }
    }
}
