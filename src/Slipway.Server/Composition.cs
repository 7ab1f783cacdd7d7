using Microsoft.AspNetCore.Authorization;
using Microsoft.Data.Sqlite;
using Slipway.Database;
using Slipway.Engines;
using Slipway.Engines.Docker;
using Slipway.Pipelines;
using Slipway.Pipelines.Images;
using Slipway.Registry;
using Slipway.Registry.Auth;
using Slipway.Registry.Images;
using Slipway.Releases;
using Slipway.Server.Apps;
using Slipway.Server.Auth;
using Slipway.Server.Builds;
using Slipway.Server.Certificates;
using Slipway.Server.Data;
using Slipway.Server.Gateways;
using Slipway.Server.Health;
using Slipway.Server.Leading;
using Slipway.Server.Logs;
using Slipway.Server.Members;
using Slipway.Server.Metrics;
using Slipway.Server.Notifications;
using Slipway.Server.Status;

namespace Slipway.Server;

/// <summary>How the parts are put together: the only place that knows all of them.</summary>
static class Composition
{
    public static void AddSlipway(this IServiceCollection services, ServerOptions options, ServerRoles roles, DatabaseAddress place, RegistryOptions registry, DataFolder folder, PlatformListener listener, AdminToken token)
    {
        var database = Open(place);
        // Reads wait for the database's answer on threads of the pool, which on its own grows by one in a second.
        if (database.IsShared) ThreadPool.SetMinThreads(64, 16);
        services.AddSingleton(TimeProvider.System);
        services.AddSingleton(new StartTime(TimeProvider.System.GetUtcNow()));
        services.AddSingleton(folder);
        services.AddSingleton(listener);
        // Made by a factory, so that the container disposes of it, last of all that uses it.
        services.AddSingleton(_ => database);

        services.AddSingleton<ImageUses>(ReleasedImages.Of);
        services.AddRegistry(registry with
        {
            Folder = folder.Registry,
            Address = () => listener.Url,
            Access = new AccessOptions { AdminToken = () => token.Text },
            PassingTags = ImageTags.PushPrefix,
        });
        services.AddSingleton(new Roles(roles));
        services.AddSingleton<AppMembers>();
        services.AddSingleton<MetricsExporter>();
        services.AddSingleton<StatusReport>();
        services.AddSingleton<ReadinessChecks>();
        if (roles.HasFlag(ServerRoles.Control)) services.AddControl(options, folder, listener, token);
    }

    static void AddControl(this IServiceCollection services, ServerOptions options, DataFolder folder, PlatformListener listener, AdminToken token)
    {
        var engine = options.DockerHost ?? DockerClient.DefaultAddress;
        services.AddSingleton(_ => new DockerClient(engine));
        services.AddSingleton<IEngine>(all => new DockerEngine(all.GetRequiredService<DockerClient>(), image => Credential(image, listener, token), options.Networks));
        services.AddImages(new ImageOptions { RegistryAddress = listener.Address, RegistryPassword = () => token.Text, InstallMissing = Environment.IsPrivilegedProcess });
        services.AddCertificates(options);
        services.AddSingleton<AppAccess>();
        services.AddSingleton<IAuthorizationHandler, AppRequirementHandler>();
        services.AddSingleton<LocalGateways>();
        services.AddSingleton<IGateways>(all => all.GetRequiredService<LocalGateways>());
        services.AddSingleton<AppLogs>();
        services.AddReleaseWebhooks();
        services.AddSingleton<AppRemoval>();
        services.AddSingleton<ImageTags>();
        services.AddSingleton<DeployGate>();
        services.AddLed(led =>
        {
            led.AddReleases(new ReleaseOptions { DataFolder = folder.Path, RegistryAddress = listener.Address, GatewayPort = options.GatewayPort, GatewayHttpsPort = options.GatewayHttpsPort, IsEngineHere = engine.StartsWith("unix:", StringComparison.Ordinal) });
            led.AddHostedService(all => all.GetRequiredService<AppRemoval>());
            led.AddHostedService<Builder>();
            led.AddHostedService<ReleaseDeliveries>();
            if (options.GatewayHttps.Count > 0) led.AddHostedService<CertificateKeeper>();
        });
    }

    public static void MapSlipway(this WebApplication app) 
    {
        app.MapMetrics();
        // It asks for credentials itself: what is public is for everybody.
        app.MapRegistry().AllowAnonymous();
    }

    static RegistryCredential? Credential(string image, PlatformListener listener, AdminToken token) =>
        image.StartsWith(listener.Address + "/", StringComparison.Ordinal) ? new RegistryCredential(listener.Address, "admin", token.Text) : null;

    static Database.Database Open(DatabaseAddress place)
    {
        try
        {
            return Database.Database.Open(place, RegistryExtensions.RegistryMigrations, ReleaseServices.Migrations, CertificateServices.Migrations);
        }
        catch (DatabaseUnavailableException away)
        {
            throw new ServerStartException($"{away.Message}\nIs it what 'database' in DATA/slipway.yaml says, does it run, and may this machine and user connect to it?", away);
        }
        catch (Exception broken) when (broken is SqliteException or InvalidDataException)
        {
            throw new ServerStartException($"The database {place} can't be opened: {broken.Message}", broken);
        }
    }
}
