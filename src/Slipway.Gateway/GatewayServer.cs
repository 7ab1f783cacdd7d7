using System.Net;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Slipway.Gateway.Certificates;
using Slipway.Gateway.Control;
using Slipway.Gateway.Forwarding;
using Slipway.Gateway.Health;
using Slipway.Gateway.Listening;
using Slipway.Gateway.Logging;
using Slipway.Gateway.Measuring;
using Slipway.Gateway.Policies;
using Slipway.Gateway.Routing;
using Slipway.Gateway.Streams;
using Slipway.Gateway.Transport;
using Slipway.Gateway.Upstreams;
using Slipway.Model;

namespace Slipway.Gateway;

/// <summary>The parts of a gateway, put together: data plane, control socket, sweeper.</summary>
sealed class GatewayServer : IAsyncDisposable
{
    readonly GatewayOptions _options;
    readonly FileStream _lock;
    readonly IConnectionListenerFactory _transport;
    readonly InstanceBook _instances;
    readonly Listeners _listeners;
    readonly StreamListeners _streams;
    readonly KestrelServer _kestrel;
    readonly WebApplication _control;
    readonly TableSwitch _tables;
    readonly CertificateBook _certificates;
    readonly HealthChecker _health;
    readonly InstanceMemory _memory;
    readonly Sweeper _sweeper;
    readonly Task _sweeping;
    readonly AccessLog? _accessLog;

    GatewayServer(GatewayOptions options, FileStream folderLock, ILoggerFactory logs)
    {
        _options = options;
        _lock = folderLock;
        _memory = new InstanceMemory(options, logs.CreateLogger<InstanceMemory>());
        _memory.Load();
        _instances = new InstanceBook(options.IdleTimeout, _memory);
        var (instances, traffic, streams) = (_instances, new TrafficBook(), new StreamBook());
        var compiler = new TableCompiler(instances, traffic, streams, _memory);
        var switchboard = new Switchboard(compiler.Compile(RouteTable.Empty));
        _transport = Transports.Create(options.Transport, logs);
        _certificates = new CertificateBook(new CertificateStore(options, logs.CreateLogger<CertificateStore>()), logs.CreateLogger<CertificateBook>());
        _listeners = new Listeners(_transport, _certificates, logs.CreateLogger<Listeners>());
        Store = new TableStore(options, logs.CreateLogger<TableStore>());
        _health = new HealthChecker(_memory, logs.CreateLogger<HealthChecker>());
        _memory.Keep(switchboard, instances);
        var refusals = new Refusals();
        _kestrel = new KestrelServer(Options.Create(Kestrel(options, _certificates)), new ProtocolListenerFactory(_listeners), new RefusalLogging(logs, refusals));
        if (options.AccessLog != AccessLogFormat.Off)
            _accessLog = new AccessLog(options.AccessLog, new RotatingFile(options.AccessLogFile, options.AccessLogSize, options.AccessLogKeep), TimeProvider.System, logs.CreateLogger<AccessLog>());
        _streams = new StreamListeners(new StreamServices(switchboard, options, _accessLog), logs.CreateLogger<StreamListeners>());
        _tables = new TableSwitch(switchboard, compiler, instances, _health, _listeners, _streams, Store);
        var forwarder = new Forwarder(switchboard, traffic, options, new FrontDoor(_certificates, _listeners), refusals, new ClientAttempt(options, logs.CreateLogger<ClientAttempt>()));
        Application = new GatewayApplication(forwarder, new TrustedProxies(Networks.Parse(options.TrustedProxies)), _accessLog);
        _control = ControlServer.Create(options, logs, _tables, _certificates, switchboard, new Reporter(switchboard, instances, traffic, streams, _listeners, _streams, _certificates, refusals, _accessLog));
        _sweeper = new Sweeper(instances, _listeners, _streams, options);
        _sweeping = _sweeper.Run();
    }

    TableStore Store { get; }

    GatewayApplication Application { get; }

    /// <exception cref="IOException">Another gateway has the folder, or an address can't be had.</exception>
    /// <exception cref="InvalidInputException">Listen holds something that is no address.</exception>
    public static async Task<GatewayServer> Start(GatewayOptions options, ILoggerFactory logs, CancellationToken cancel)
    {
        var (addresses, https) = (ListenAddress.ParseAll(options.Listen), ListenAddress.ParseAll(options.ListenHttps));
        foreach (var proxy in options.TrustedProxies.Where(proxy => !Cidr.TryParse(proxy, out _)))
            throw new InvalidInputException(new Diagnostic { Key = "--trust-proxy", Message = $"'{proxy}' is no network", Found = proxy, Expected = Cidr.Expected });
        var server = new GatewayServer(options, Lock(options), logs);
        try
        {
            await server.Start(addresses, https, cancel);
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Accepts nothing new, and returns when the requests in flight have ended or their time is over.</summary>
    public async Task Stop()
    {
        using var limit = new CancellationTokenSource(_options.StopTimeout);
        // There is no later for them: all at once.
        foreach (var instance in _instances.All()) instance.WebSockets.LeaveNow(Environment.TickCount64, _options.StopTimeout);
        await Task.WhenAll(_kestrel.StopAsync(limit.Token), _streams.Stop(limit.Token));
        await _control.StopAsync(limit.Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _listeners.Close();
        await _streams.Stop(new CancellationToken(canceled: true));
        _kestrel.Dispose();
        (_transport as IDisposable)?.Dispose();
        _accessLog?.Dispose();
        await _control.DisposeAsync();
        _sweeper.Dispose();
        await _sweeping;
        await _health.DisposeAsync();
        await _memory.DisposeAsync();
        _tables.Dispose();
        _certificates.Dispose();
        _listeners.Dispose();
        _streams.Dispose();
        await _lock.DisposeAsync();
    }

    async Task Start(IReadOnlyList<IPEndPoint> addresses, IReadOnlyList<IPEndPoint> https, CancellationToken cancel)
    {
        // The table first: the first request finds its route.
        var stored = Store.Load();
        try
        {
            if (stored.Version > 0) await _tables.Apply(stored, cancel);
        }
        catch (InvalidInputException wrong)
        {
            Store.SetAside(wrong);
        }
        _certificates.Load();
        await _kestrel.StartAsync(Application, cancel);
        foreach (var address in addresses) await _listeners.OpenOwn(address, cancel);
        foreach (var address in https) await _listeners.OpenHttps(address, cancel);
        // The lock says that whoever left this socket is dead.
        File.Delete(_options.ControlSocket);
        await _control.StartAsync(cancel);
        File.SetUnixFileMode(_options.ControlSocket, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    static FileStream Lock(GatewayOptions options)
    {
        Directory.CreateDirectory(options.Folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try
        {
            return new FileStream(options.LockFile, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException taken) when (File.Exists(options.LockFile))
        {
            throw new IOException($"Another gateway runs on {options.Folder} (it holds {options.LockFile}). Stop it first, or use another data folder.", taken);
        }
    }

    static KestrelServerOptions Kestrel(GatewayOptions options, CertificateBook certificates)
    {
        // A bare LF as a line's end is one more way to read a request in two ways (RFC 9112, section 2.2 allows to refuse it).
        AppContext.SetSwitch("Microsoft.AspNetCore.Server.Kestrel.DisableHttp1LineFeedTerminators", true);
        var kestrel = new KestrelServerOptions
        {
            ApplicationServices = Services(),
            AddServerHeader = false,
            // The bytes of headers pass through as they are, whatever they mean.
            RequestHeaderEncodingSelector = HeaderReading.Of,
            ResponseHeaderEncodingSelector = _ => Encoding.Latin1,
        };
        kestrel.Limits.MaxRequestBodySize = null;
        kestrel.Limits.RequestHeadersTimeout = options.HeadTimeout;
        // A client that stops reading or sending holds its instance no longer; slower ones are none of our business.
        kestrel.Limits.MinRequestBodyDataRate = new MinDataRate(1, options.StallTimeout);
        kestrel.Limits.MinResponseDataRate = new MinDataRate(1, options.StallTimeout);
        kestrel.Listen(ProtocolEndPoint.Http1, listen => listen.Protocols = HttpProtocols.Http1);
        kestrel.Listen(ProtocolEndPoint.Http2, listen => listen.Protocols = HttpProtocols.Http2);
        kestrel.Listen(ProtocolEndPoint.Https, listen =>
        {
            listen.Protocols = HttpProtocols.Http1AndHttp2;
            listen.UseHttps(new TlsHandshakeCallbackOptions { OnConnection = certificates.Choose, HandshakeTimeout = TimeSpan.FromSeconds(10) });
        });
        return kestrel;
    }

    /// <summary>Among them what Kestrel's TLS asks for and keeps to itself (its metrics).</summary>
    static ServiceProvider Services()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore();
        return builder.Services.BuildServiceProvider();
    }
}
