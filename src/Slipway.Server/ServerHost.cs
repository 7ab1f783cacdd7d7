using System.Net.Sockets;
using System.Reflection;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Slipway.Server.Api;
using Slipway.Database;
using Slipway.Registry;
using Slipway.Server.Auth;
using Slipway.Server.Configuration;
using Slipway.Server.Data;
using Slipway.Server.Health;
using Slipway.Server.Leading;

namespace Slipway.Server;

/// <summary>One running server: what it holds of the machine (folder, port, database) and the order in which that is taken and given back.</summary>
sealed partial class ServerHost : IAsyncDisposable
{
    readonly DataFolder _folder;
    readonly ServerLock _lock;

    ServerHost(DataFolder folder, ServerLock @lock, WebApplication app, string url) => (_folder, _lock, App, Url) = (folder, @lock, app, url);

    public WebApplication App { get; }

    /// <summary>http://127.0.0.1:8080</summary>
    public string Url { get; }

    public static string Version { get; } =
        typeof(ServerHost).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <summary>Returns when it listens.</summary>
    /// <exception cref="ServerStartException">Something that a person can mend stands in the way.</exception>
    public static async Task<ServerHost> Start(ServerOptions options, CancellationToken cancel)
    {
        var folder = new DataFolder(Path.GetFullPath(options.DataFolder));
        folder.Prepare();
        var @lock = ServerLock.Take(folder);
        try
        {
            return await Start(options, folder, @lock, cancel);
        }
        catch
        {
            @lock.Dispose();
            throw;
        }
    }

    static async Task<ServerHost> Start(ServerOptions options, DataFolder folder, ServerLock @lock, CancellationToken cancel)
    {
        // Kestrel closes it once it listens; here it is closed only when that is not reached.
        var listener = PlatformListener.Bind(options.Listen);
        WebApplication? app = null;
        try
        {
            app = Build(options, folder, listener);
            await CheckStore(app, cancel);
            await Listen(app, options, cancel);
            ServerLock.WriteProcessId(folder);
            new ServerFile(listener.Url, Environment.ProcessId, Version, app.Services.GetRequiredService<Database.Database>().Name).Write(folder);
            LogListening(app.Logger, Version, listener.Url, folder.Path, app.Services.GetRequiredService<Database.Database>().Name, app.Services.GetRequiredService<Roles>().Value.Names());
            return new ServerHost(folder, @lock, app, listener.Url);
        }
        catch
        {
            if (app is not null) await app.DisposeAsync();
            listener.Dispose();
            throw;
        }
    }

    /// <summary>False where it did not end in good order.</summary>
    public async Task<bool> WaitForEnd(CancellationToken cancel)
    {
        await App.WaitForShutdownAsync(cancel);
        return App.Services.GetService<Leader>() is not { HasLost: true };
    }

    public async ValueTask DisposeAsync()
    {
        await App.StopAsync();
        await App.DisposeAsync();
        File.Delete(_folder.ServerFile);
        File.Delete(_folder.ServerPid);
        _lock.Dispose();
    }

    static WebApplication Build(ServerOptions options, DataFolder folder, PlatformListener listener)
    {
        // Empty, so that neither the working folder's appsettings.json nor variables of the shell steer a server.
        var builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = folder.Path, ApplicationName = "Slipway" });
        AddKestrel(builder, listener);
        AddLogging(builder.Logging);
        var written = ServerConfiguration.Read(folder.Configuration);
        options = options with { Networks = options.Networks ?? written.Networks };
        var roles = options.Roles ?? written.Roles ?? ServerRoles.All;
        var token = AdminToken.ReadOrMake(folder);
        builder.Services.AddCredentials(token);
        builder.Services.AddSlipway(options, roles, written.Database ?? DatabaseAddress.File(folder.Database), written.Registry, folder, listener, token);
        builder.Services.AddApi();

        var app = builder.Build();
        Problems.Use(app);
        app.UseForeignOriginRefusal();
        app.UseAuthentication();
        app.UseAuthorization();
        app.UseStandByRefusal();
        app.MapHealth();
        app.MapApi(roles);
        app.MapSlipway();
        return app;
    }

    static void AddKestrel(WebApplicationBuilder builder, PlatformListener listener)
    {
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxConcurrentConnections = 4096;
            // Of the API's requests; the registry's uploads lift it for themselves.
            kestrel.Limits.MaxRequestBodySize = 1 << 20;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(15);
            kestrel.Listen(listener.EndPoint, listen => listen.Protocols = HttpProtocols.Http1);
        });
        builder.Services.Configure<SocketTransportOptions>(transport => transport.CreateBoundListenSocket = _ => listener.Socket);
        builder.Services.AddRoutingCore();
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
    }

    static void AddLogging(ILoggingBuilder logging)
    {
        logging.AddSimpleConsole(console =>
        {
            console.SingleLine = true;
            console.UseUtcTimestamp = true;
            console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
        });
        logging.AddFilter("Microsoft", LogLevel.Warning);
        logging.AddFilter("System", LogLevel.Warning);
        // Each request without a credential would be a line: docker sends one before every push.
        logging.AddFilter("Slipway.Server.Auth", LogLevel.Warning);
    }

    static async Task CheckStore(WebApplication app, CancellationToken cancel)
    {
        try
        {
            await app.Services.CheckRegistryStore(cancel);
        }
        catch (IOException unusable)
        {
            throw new ServerStartException($"The registry's store can't be used: {unusable.Message}", unusable);
        }
    }

    static async Task Listen(WebApplication app, ServerOptions options, CancellationToken cancel)
    {
        try
        {
            await app.StartAsync(cancel);
        }
        catch (SocketException refused)
        {
            throw PlatformListener.Refused(options.Listen, refused);
        }
        catch (IOException refused) when (refused.InnerException is SocketException or Microsoft.AspNetCore.Connections.AddressInUseException)
        {
            throw PlatformListener.Refused(options.Listen, refused.InnerException as SocketException ?? new SocketException((int)SocketError.AddressAlreadyInUse));
        }
    }

    [LoggerMessage(LogLevel.Information, "Slipway {Version} listens on {Url}, data folder {Folder}, database {Database}, roles {Roles}")]
    static partial void LogListening(ILogger logger, string version, string url, string folder, string database, IReadOnlyList<string> roles);
}
